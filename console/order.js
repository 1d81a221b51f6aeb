// One order on one page: state by quantity, work of nodes, shipments, money and timeline.
import { badge, el, instant, money, number, table } from "./parts.js";

export function orderPage(order, events) {
  return [
    head(order),
    section("Lines", table(["Line", "SKU", "Units", "Where they are", "Price", "Tax", "Total"], order.lines.map((line) => lineRow(line, order)))),
    ...list("Work of nodes", ["Work", "Node", "Method", "Status", "Units"], order.fulfillment_orders.map(workRow)),
    ...list("Shipments", ["Shipment", "Node", "Left", "Carrier", "Goods", "Discount", "Shipping", "Tax", "Total", "Money"],
      order.shipments.map((shipment) => shipmentRow(shipment, order.currency))),
    ...list("Money", ["Tender", "Status", "Amount", "Held", "Taken", "Let go", "Given back", "Provider's number"],
      order.payments.map((payment) => paymentRow(payment, order.currency))),
    ...list("Refunds", ["Refund", "Because of", "Status", "By", "Amount", "Given back"], order.refunds.map(refundRow)),
    section("Timeline", el("ol", { class: "timeline" }, ...events.map(eventRow))),
  ];
}

function head(order) {
  return el("header", { class: "order" },
    el("h2", {}, `Order ${order.external_id}`),
    el("p", {}, badge(order.status), badge(order.payment_status), badge(order.fulfillment_status),
      el("strong", { id: "order-total" }, money(order.total, order.currency))),
    el("dl", {}, ...facts(order).flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)])),
    ...warnings(order));
}

function facts(order) {
  return [
    ["Id", order.id],
    ["Channel", `${order.channel}, sold by ${order.selling_node}, taken by ${order.taken_by}`],
    ["Placed", instant(order.placed_at)],
    ["Customer", order.customer ? order.customer.name || order.customer.reference || "known" : "anonymous"],
    ["Version", String(order.version)],
    ["Possible now", order.available_actions.join(", ") || "nothing"],
  ];
}

function warnings(order) {
  return order.validations.filter((check) => check.verdict !== "pass")
    .map((check) => el("p", { class: `verdict ${check.verdict}` }, `${check.name}: ${check.verdict} – ${check.detail}`));
}

function section(title, content) {
  return el("section", { "data-of": title }, el("h3", {}, title), content);
}

// A list that has nothing in it is left out: what was carried out of a store is no work of a node.
function list(title, headings, rows) {
  return rows.length ? [section(title, table(headings, rows))] : [];
}

function lineRow(line, order) {
  const states = Object.entries(line.quantities).map(([state, units]) => el("span", { class: `units ${state}` }, `${units} ${state}`));
  return el("tr", { "data-line": String(line.line_no) },
    el("td", {}, String(line.line_no)),
    el("td", {}, line.sku, el("small", {}, line.description || "")),
    number(line.quantity),
    el("td", {}, ...states),
    number(money(line.unit_price, order.currency)),
    number(money(line.tax, order.currency)),
    number(money(line.total, order.currency)));
}

function workRow(work) {
  const note = work.escalated_reason || work.rejected_reason;
  return el("tr", {},
    el("td", {}, work.id),
    el("td", {}, work.node_id),
    el("td", {}, work.method),
    el("td", {}, badge(work.status), note ? el("small", {}, note) : null),
    number(work.lines.reduce((sum, line) => sum + line.quantity - line.cancelled, 0)));
}

function shipmentRow(shipment, currency) {
  const taken = shipment.captures.every((capture) => capture.captured);
  return el("tr", {},
    el("td", {}, shipment.id),
    el("td", {}, shipment.node_id),
    el("td", {}, instant(shipment.shipped_at)),
    el("td", {}, [shipment.carrier, shipment.tracking_number].filter(Boolean).join(" ")),
    ...["goods", "discount", "shipping", "tax", "total"].map((part) => number(money(shipment[part], currency))),
    el("td", {}, badge(taken ? "CAPTURED" : "CAPTURE_PENDING")));
}

function paymentRow(payment, currency) {
  return el("tr", {},
    el("td", {}, `${payment.tender} at ${payment.provider}`),
    el("td", {}, badge(payment.state), payment.decline_code ? el("small", {}, payment.decline_code) : null),
    ...["amount", "authorized", "captured", "released", "refunded"].map((part) => number(money(payment[part], currency))),
    el("td", {}, payment.psp_reference || ""));
}

function refundRow(refund) {
  const failed = refund.parts.map((part) => part.failure_code).filter(Boolean);
  return el("tr", { "data-refund": refund.id },
    el("td", {}, refund.id),
    el("td", {}, refund.cause, el("small", {}, refund.cause_id)),
    el("td", {}, badge(refund.status), ...failed.map((code) => el("small", {}, code))),
    el("td", {}, refund.parts.map((part) => part.tender).join(", ")),
    number(money(refund.amount, refund.currency)),
    number(money(refund.executed, refund.currency)));
}

function eventRow(event) {
  const changes = Object.entries(event.changes).map(([what, [before, after]]) => `${what}: ${before || "new"} → ${after}`);
  return el("li", {},
    el("time", { datetime: event.occurred_at }, instant(event.occurred_at)),
    el("strong", {}, event.event),
    el("span", { class: "who" }, `${event.command} by ${event.actor} (${event.role})`),
    ...changes.map((change) => el("small", {}, change)),
    event.reason ? el("small", {}, `reason: ${event.reason}`) : null);
}
