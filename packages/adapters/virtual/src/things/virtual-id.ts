/** The id of a simulated Thing, the same for every seed: `urn:thingtalk:virtual:kitchen-light`. */
export function virtualId(name: string): string {
  return `urn:thingtalk:virtual:${name}`;
}
