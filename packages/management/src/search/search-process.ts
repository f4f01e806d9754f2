import { compile, JSONPathError, type JSONPathQuery } from 'json-p3';
import type { SearchAnswer, SearchRequest } from './search-messages.ts';

/** Most that one search may select, in characters of JSON. */
const maxCharacters = 32 * 1024 * 1024;

type Documents = Parameters<JSONPathQuery['query']>[0];

/** The program of the searching process: it answers one request after the other, and ends with whoever asks. */
class Searcher {
  #documents: Documents = [];

  answer(request: SearchRequest): SearchAnswer {
    if (request.kind === 'load') {
      this.#documents = JSON.parse(request.documents) as Documents;
      return { kind: 'loaded' };
    }
    try {
      return this.#select(compile(request.query));
    } catch (error) {
      if (error instanceof JSONPathError) return { kind: 'refused', detail: error.message };
      if (error instanceof RangeError) return { kind: 'refused', detail: 'it nests too deeply' };
      throw error;
    }
  }

  #select(query: JSONPathQuery): SearchAnswer {
    const found: string[] = [];
    let characters = 0;
    for (const { value } of query.lazyQuery(this.#documents)) {
      const json = JSON.stringify(value);
      characters += json.length + 1;
      if (characters > maxCharacters) {
        return { kind: 'refused', detail: `it selects more than ${maxCharacters} characters` };
      }
      found.push(json);
    }
    return { kind: 'found', json: `[${found.join(',')}]` };
  }
}

const searcher = new Searcher();
process.on('message', (request: SearchRequest) => {
  process.send?.(searcher.answer(request));
});
