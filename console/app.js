// The operator console: find an order, see where every unit and every cent of it is, and what happened.
import { orderPage } from "./order.js";
import { el, instant, money, badge } from "./parts.js";

const api = location.pathname.replace(/\/console\/?$/, "");
const page = Object.fromEntries([...document.querySelectorAll("[id]")].map((node) => [node.id, node]));
let cursor = null;

function token() {
  return sessionStorage.getItem("token");
}

async function get(path) {
  const answer = await fetch(api + path, { headers: { authorization: `Bearer ${token()}` } });
  const body = await answer.json().catch(() => ({}));
  if (answer.ok) return body;
  if (answer.status === 401) {
    if (token()) signOut(); // once: of two calls the later must not wipe what the first one said
    throw new Error("The token is wrong or has expired (tokens last one hour).");
  }
  throw new Error(body.detail || body.message || `The service answered ${answer.status}.`);
}

function say(text, kind = "") {
  page.message.textContent = text;
  page.message.className = kind;
}

async function attempt(work) {
  say("Loading …");
  try {
    await work();
    say("");
  } catch (error) {
    say(error.message, "refused");
  }
}

function show(section) {
  page.list.hidden = section !== page.list;
  page.order.hidden = section !== page.order;
}

function row(order) {
  return el("tr", {},
    el("td", {}, el("a", { href: `#order=${order.id}` }, order.external_id), el("small", {}, order.id)),
    el("td", {}, order.channel),
    el("td", {}, instant(order.placed_at)),
    el("td", {}, badge(order.status)),
    el("td", {}, badge(order.payment_status)),
    el("td", {}, badge(order.fulfillment_status)),
    el("td", { class: "number" }, money(order.total, order.currency)));
}

async function loadList(next) {
  const query = new URLSearchParams({ limit: "25" });
  if (page.status.value) query.set("status", page.status.value);
  if (next) query.set("cursor", next);
  const found = await get(`/v1/orders?${query}`);
  if (!next) page.orders.replaceChildren();
  page.orders.append(...found.orders.map(row));
  if (!page.orders.children.length) {
    page.orders.append(el("tr", {}, el("td", { colspan: "7" }, "No orders in the last 31 days.")));
  }
  cursor = found.next_cursor;
  page.more.hidden = !cursor;
  show(page.list);
}

async function loadOrder(id) {
  const path = `/v1/orders/${encodeURIComponent(id)}`;
  const [order, timeline] = await Promise.all([get(path), get(`${path}/timeline`)]);
  page.order.replaceChildren(...orderPage(order, timeline.events));
  document.title = `${order.external_id} – Spine console`;
  show(page.order);
}

async function find(query, channel) {
  if (query.startsWith("ord_")) {
    location.hash = `order=${query}`;
    return;
  }
  const found = await get(`/v1/orders?${new URLSearchParams({ external_id: query, channel })}`);
  if (!found.orders.length) throw new Error(`${channel} has placed no order ${query}.`);
  location.hash = `order=${found.orders[0].id}`;
}

function route() {
  const wanted = new URLSearchParams(location.hash.slice(1));
  if (wanted.has("token")) {
    // The token must not stay in the address, where it would be copied and kept in the history.
    sessionStorage.setItem("token", wanted.get("token"));
    wanted.delete("token");
    history.replaceState(null, "", `${location.pathname}#${wanted}`);
  }
  const known = Boolean(token());
  page["sign-in"].hidden = known;
  page["sign-out"].hidden = !known;
  if (!known) {
    show(null);
    say("Sign in with an access token to see orders.");
    return;
  }
  document.title = "Spine console";
  const id = wanted.get("order");
  attempt(() => (id ? loadOrder(id) : loadList(null)));
}

function signOut() {
  sessionStorage.removeItem("token");
  route();
}

page["sign-in"].addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem("token", page.token.value.trim());
  page.token.value = "";
  route();
});
page["sign-out"].addEventListener("click", signOut);
page.search.addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(() => find(page.query.value.trim(), page.channel.value.trim()));
});
page.status.addEventListener("change", () => attempt(() => loadList(null)));
page.more.addEventListener("click", () => attempt(() => loadList(cursor)));
addEventListener("hashchange", route);
route();
