import type {
  ActionShape,
  EventShape,
  Form,
  FormSource,
  JsonObject,
  PropertyShape,
  ThingId,
  ThingRecord,
  ThingShape,
} from '@thingtalk/core';
import { PermittedShape } from '../access/permitted-shape.ts';
import { encodeSegment, thingSegment } from './thing-path.ts';

/** Where the id of the Thing goes into a {@link TdTemplate}, and in which form. */
type Hole = 'level' | 'encodedLevel' | 'segment' | 'encodedSegment';

/**
 * The members of a TD that follow from a shape and a base, as JSON text with holes for the id: made once, filled in
 * for each Thing of the shape by joining strings.
 */
export class TdTemplate {
  readonly #texts: readonly string[];
  readonly #holes: readonly Hole[];

  private constructor(texts: readonly string[], holes: readonly Hole[]) {
    this.#texts = texts;
    this.#holes = holes;
  }

  /** @param members whose forms were asked for with the context of `marks`. */
  static of(members: JsonObject, marks: HoleMarks): TdTemplate {
    const texts: string[] = [];
    const holes: Hole[] = [];
    const text = JSON.stringify(members).slice(1);
    for (const [at, piece] of text.split(marks.pattern).entries()) {
      if (at % 2 === 0) texts.push(piece);
      else holes.push(marks.holeOf(piece));
    }
    return new TdTemplate(texts, holes);
  }

  /** The TD of one Thing: `head`, an object with members of its own, and these behind them. */
  fill({ id, level }: Pick<ThingRecord, 'id' | 'level'>, head: string): string {
    const texts = this.#texts.with(0, `${head.slice(0, -1)},${this.#texts[0]}`);
    // The id of most Things looks the same in every hole: a fifth of the time where there are many.
    if (level === id && plain.test(id)) return texts.join(id);
    const segment = thingSegment(id);
    const values: Readonly<Record<Hole, string>> = {
      level: inJson(level),
      encodedLevel: encodeSegment(level),
      segment,
      encodedSegment: encodeSegment(segment),
    };
    const ends = this.#holes.map((hole) => values[hole]);
    return texts.map((text, at) => text + (ends[at] ?? '')).join('');
  }
}

/** What is written alike in JSON and in a path: `encodeSegment` leaves it as it is. */
const plain = /^[\w!'()*.:~-]*$/;

/** A level may hold quotes and backslashes. */
function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** What stands for an id while forms are asked for; random, so that no description contains it. */
export class HoleMarks {
  readonly level: string;
  readonly segment: string;
  /** Splits text at the marks, written as they are or percent-encoded; captures which one it was. */
  readonly pattern: RegExp;
  readonly #key = crypto.randomUUID();

  constructor() {
    // The percent sign tells whether a mark was encoded, however much else the encoder left as it was.
    this.level = `urn:${this.#key}%level`;
    this.segment = `urn:${this.#key}%segment`;
    this.pattern = new RegExp(`(urn(?::|%3A)${this.#key}%(?:25)?(?:level|segment))`);
  }

  /** Which hole a mark stands for. */
  holeOf(mark: string): Hole {
    const level = mark.endsWith('level');
    if (!mark.includes('%25')) return level ? 'level' : 'segment';
    return level ? 'encodedLevel' : 'encodedSegment';
  }
}

/** Forms of several doors, in the order of the doors. */
export interface FormCollector {
  thing(): readonly Form[];
  property(property: PropertyShape): readonly Form[];
  action(action: ActionShape): readonly Form[];
  event(event: EventShape): readonly Form[];
}

function usable(
  shape: ThingShape,
  forms: readonly Form[],
  property?: PropertyShape,
): readonly Form[] {
  return shape instanceof PermittedShape ? shape.usable(forms, property?.name) : forms;
}

/** Asks `sources` for the forms of a shape, with marks in place of an id. */
export function collectForms(
  sources: readonly FormSource[],
  shape: ThingShape,
  base: string,
  marks: HoleMarks,
): FormCollector {
  const { level, segment } = marks;
  const context = { id: segment as ThingId, level, segment, base };
  return {
    thing: () =>
      usable(
        shape,
        sources.flatMap((source) => source.thingForms(context, shape)),
      ),
    property: (property) =>
      usable(
        shape,
        sources.flatMap((source) => source.propertyForms(context, property)),
        property,
      ),
    action: (action) => sources.flatMap((source) => source.actionForms(context, action)),
    event: (event) => sources.flatMap((source) => source.eventForms(context, event)),
  };
}
