/** Class activation maps over the part of the photo that the model saw. */

// Matplotlib's inferno, as in the report of the robustness stage: black, violet, orange, yellow.
const RAMP = [[0, 0, 4], [58, 9, 99], [120, 28, 109], [187, 55, 84], [237, 105, 37], [251, 182, 26], [252, 255, 164]];

const PLACES = [["upper left", "top", "upper right"], ["left", "middle", "right"], ["lower left", "bottom", "lower right"]];

const SIDE = 448; // pixels of the canvas

/**
 * The part of a photo that the model saw.
 *
 * @param {Blob} file
 * @param {{width: number, height: number, crop: number[], preview?: string}} image As the service saw it: upright; the
 *   crop's left, top, right and bottom in its pixels; the whole as a data address where browsers do not show such files.
 * @returns {Promise<HTMLCanvasElement>}
 */
export async function seenByModel(file, image) {
  const picture = image.preview ? await decoded(image.preview) : await createImageBitmap(file);
  const [left, top, right, bottom] = image.crop;
  const across = picture.width / image.width;
  const down = picture.height / image.height;
  const made = canvas(SIDE, SIDE);
  const context = made.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, left * across, top * down, (right - left) * across, (bottom - top) * down, 0, 0, SIDE, SIDE);
  return made;
}

async function decoded(address) {
  const picture = Object.assign(new Image(), { src: address });
  await picture.decode();
  return picture;
}

/**
 * Draw the photo, and over it what speaks for the class: the map's positive part, of its largest value.
 *
 * @param {HTMLCanvasElement} target
 * @param {HTMLCanvasElement|null} picture
 * @param {number[][]} map Rows from the top.
 * @param {number} opacity 0 to 1.
 */
export function draw(target, picture, map, opacity) {
  target.width = target.height = SIDE;
  const context = target.getContext("2d");
  if (picture) context.drawImage(picture, 0, 0);
  const most = Math.max(...map.flat());
  if (!(most > 0)) return;
  context.globalAlpha = opacity;
  context.imageSmoothingQuality = "high";
  context.drawImage(heat(map, most), 0, 0, SIDE, SIDE);
}

function heat(map, most) {
  const [rows, columns] = [map.length, map[0].length];
  const pixels = new ImageData(columns, rows);
  map.flat().forEach((value, index) => {
    const share = Math.max(value, 0) / most;
    pixels.data.set([...colour(share), Math.round(255 * Math.min(1, 1.3 * share))], 4 * index);
  });
  const made = canvas(columns, rows);
  made.getContext("2d").putImageData(pixels, 0, 0);
  return made;
}

function colour(share) {
  const place = share * (RAMP.length - 1);
  const low = Math.min(Math.floor(place), RAMP.length - 2);
  return RAMP[low].map((value, channel) => Math.round(value + (place - low) * (RAMP[low + 1][channel] - value)));
}

function canvas(width, height) {
  return Object.assign(document.createElement("canvas"), { width, height });
}

/** Where the map is strongest, in words for who does not see it; null where nothing speaks for the class. */
export function strongest(map) {
  const values = map.flat();
  const most = Math.max(...values);
  if (!(most > 0)) return null;
  const index = values.indexOf(most);
  const row = third(Math.floor(index / map[0].length), map.length);
  const column = third(index % map[0].length, map[0].length);
  return PLACES[row][column];
}

const third = (index, count) => Math.min(2, Math.floor((3 * (index + 0.5)) / count));
