/**
 * The part of Markdown that model cards use, made into elements: headings, paragraphs, lists, tables, code, quotes,
 * rules; strong, emphasis, code and links within a line. A card comes from a registry and is not trusted: its text stays
 * text, HTML is shown as written, and a link leads to http(s) or nowhere.
 */
import { element } from "./dom.js";

const INLINE = /(`+)(.+?)\1|\*\*(.+?)\*\*|__(.+?)__|\*([^\s*].*?)\*|(?<!\w)_([^\s_].*?)_(?!\w)|!?\[([^\]]*)\]\(([^)\s]*)[^)]*\)/;
const ITEM = /^\s*(?:[-*+]|\d+[.)])\s+/;
const NUMBER = /^(–|[<>]?\s?\d[\d.,]*(\s?%)?(\s?[([].*)?)$/;
const DIVIDER = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;

/** @returns {DocumentFragment} */
export function markdown(text) {
  const made = document.createDocumentFragment();
  const lines = text.replaceAll("\r\n", "\n").split("\n");
  while (lines.length) {
    if (!lines[0].trim()) lines.shift();
    else made.append(block(lines));
  }
  return made;
}

/** Take one block from the front of the lines. */
function block(lines) {
  const line = lines[0];
  if (/^\s*(```|~~~)/.test(line)) return fence(lines);
  if (/^#{1,6}\s/.test(line)) return heading(lines.shift());
  if (/^\s*([-*_])(\s*\1){2,}\s*$/.test(line)) return lines.shift() && element("hr");
  if (/^\s*>/.test(line)) return element("blockquote", {}, markdown(taken(lines, (one) => /^\s*>/.test(one)).map((one) => one.replace(/^\s*> ?/, "")).join("\n")));
  if (ITEM.test(line)) return list(lines);
  if (line.includes("|") && DIVIDER.test(lines[1] ?? "") && lines[1].includes("-")) return grid(lines);
  const first = lines.shift();
  const rest = taken(lines, (one) => one.trim() && !/^(#{1,6}\s|\s*(```|~~~|>))/.test(one) && !ITEM.test(one));
  return element("p", {}, inline([first, ...rest].join(" ")));
}

function taken(lines, wanted) {
  const count = lines.findIndex((line) => !wanted(line));
  return lines.splice(0, count < 0 ? lines.length : count);
}

function fence(lines) {
  const mark = lines.shift().trim().slice(0, 3);
  const code = taken(lines, (line) => !line.trim().startsWith(mark));
  lines.shift();
  return element("pre", { tabindex: "0" }, element("code", {}, code.join("\n")));
}

/** One level lower than written: the page has a heading of its own. */
function heading(line) {
  const [, marks, text] = line.match(/^(#+)\s+(.*?)\s*#*$/) ?? [null, "#", ""];
  return element(`h${Math.min(marks.length + 1, 6)}`, {}, inline(text));
}

function list(lines) {
  const tag = /^\s*\d/.test(lines[0]) ? "ol" : "ul";
  const items = [];
  for (const line of taken(lines, (one) => one.trim() && (ITEM.test(one) || /^\s+/.test(one)))) {
    if (ITEM.test(line)) items.push(line.replace(ITEM, ""));
    else items[items.length - 1] += ` ${line.trim()}`;
  }
  return element(tag, {}, items.map((item) => element("li", {}, inline(item))));
}

function grid(lines) {
  const [head, aligned, ...rows] = taken(lines, (line) => line.includes("|")).map(cells);
  const figures = (column) => rows.length > 0 && rows.every((row) => NUMBER.test(row[column] ?? ""));
  const kinds = aligned.map((mark, column) => (mark.endsWith(":") || figures(column) ? "number" : null));
  const row = (tag, values) => element("tr", {}, values.map((value, index) => element(tag, { class: kinds[index] }, inline(value))));
  const top = head.some(Boolean) ? element("thead", {}, row("th", head)) : null;
  const made = element("table", {}, top, element("tbody", {}, rows.map((values) => row("td", values))));
  return element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": head.filter(Boolean).join(", ") || "Table" }, made);
}

const cells = (line) => line.trim().replace(/^\||\|$/g, "").split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));

/** Text of one block, with what is marked in it. */
function inline(text) {
  const found = text.match(INLINE);
  if (!found) return [text];
  const [whole, , code, strong, strong2, emphasis, emphasis2, label, address] = found;
  const before = text.slice(0, found.index);
  const after = text.slice(found.index + whole.length);
  let made;
  if (code !== undefined) made = element("code", {}, code.trim());
  else if (strong ?? strong2) made = element("strong", {}, inline(strong ?? strong2));
  else if (emphasis ?? emphasis2) made = element("em", {}, inline(emphasis ?? emphasis2));
  else made = link(whole, label, address);
  return [before, made, ...inline(after)];
}

// A picture would be a request to elsewhere: its description stands for it.
function link(whole, label, address) {
  if (whole.startsWith("!") || !/^https?:\/\//i.test(address)) return label;
  return element("a", { href: address, rel: "noreferrer noopener", target: "_blank" }, label);
}
