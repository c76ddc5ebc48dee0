/** The words of the model's metadata: its classes with their names, sexes and sites. */

/**
 * Read the metadata of the model, or make do with what an answer's classes tell.
 *
 * @param {Object|null} metadata Of `GET v1/model`.
 * @param {string[]} codes Classes to name where there is no metadata.
 */
export function vocabularyOf(metadata, codes = []) {
  const classes = metadata?.classes ?? codes.map((code) => ({ code, name: code, malignant: false }));
  const byCode = new Map(classes.map((one) => [one.code, one]));
  const of = (code) => byCode.get(code) ?? { code, name: code, malignant: false };
  return { classes, of, name: (code) => of(code).name, sexes: metadata?.sexes ?? [], sites: metadata?.sites ?? [] };
}
