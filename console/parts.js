// Small parts that every page uses.

export function el(name, attributes, ...children) {
  const node = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) node.setAttribute(attribute, value);
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

// Minor units as the currency writes them; the number stays an integer until it is text.
export function money(minor, currency) {
  const format = new Intl.NumberFormat("en", { style: "currency", currency, currencyDisplay: "code" });
  const places = format.resolvedOptions().maximumFractionDigits;
  const sign = minor < 0 ? "-" : "";
  const digits = String(Math.abs(minor)).padStart(places + 1, "0");
  const whole = digits.slice(0, digits.length - places).replace(/\B(?=(\d{3})+$)/g, ",");
  return `${sign}${whole}${places ? `.${digits.slice(-places)}` : ""} ${currency}`;
}

export function instant(text) {
  return text ? `${text.slice(0, 10)} ${text.slice(11, 19)} UTC` : "";
}

export function badge(state) {
  return el("span", { class: `badge ${state.toLowerCase()}` }, state);
}

export function table(headings, rows) {
  const head = el("tr", {}, ...headings.map((text) => el("th", heading(text), text)));
  return el("table", {}, el("thead", {}, head), el("tbody", {}, ...rows));
}

const NUMBERS = new Set(["Units", "Price", "Total", "Goods", "Discount", "Shipping", "Tax", "Amount", "Held", "Taken", "Let go", "Given back"]);

function heading(text) {
  return NUMBERS.has(text) ? { class: "number" } : {};
}

export function number(text) {
  return el("td", { class: "number" }, String(text));
}
