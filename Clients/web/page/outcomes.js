// Outcomes and rows as one line of text.

import { valueText } from "../client/text.js"

export const rowText = (fields, value) => fields.map((field) => `${field.name} ${valueText(field, value[field.name])}`).join(", ")

export function outcomeText(outcome, fields) {
    const tick = outcome.repeated ?? outcome.tick
    const mark = outcome.repeated === undefined ? "" : ", repeated"
    if (outcome.status === "applied") return `applied in tick ${tick}${mark}${fields.length > 0 ? `: ${rowText(fields, outcome.result)}` : ""}`
    if (outcome.status === "refused") return ["refused", outcome.code, outcome.field, outcome.reason].filter(Boolean).join(" · ")
    return outcome.status === "unknown" ? "unknown: the connection was lost before the answer" : outcome.reason ?? "not sent"
}
