// A form for each command of the joined world, made from its schema.

import { FieldError, parseField } from "../client/text.js"
import { make } from "./dom.js"
import { outcomeText } from "./outcomes.js"

/** `call(name, values)` sends a command; `pickEntity()` answers the entity to put into a field, as text. */
export function commandForms(commands, { call, pickEntity }) {
    return commands.map((command) => commandForm(command, call, pickEntity))
}

function commandForm(command, call, pickEntity) {
    const inputs = command.fields.map((field, index) => fieldInput(field, `${command.name}-${index}`, pickEntity))
    const result = make("p", { class: "result", role: "status" })
    const submit = (event) => {
        event.preventDefault()
        const values = readInputs(inputs)
        if (values) send(command, values, inputs, result, call)
    }
    return make("form", { class: "command", novalidate: true, autocomplete: "off", onsubmit: submit },
        make("h3", {}, command.name), ...inputs.map((each) => each.element), make("button", { class: "primary" }, `Send ${command.name}`), result)
}

/** The values of all fields; null after showing what is wrong. */
function readInputs(inputs) {
    const values = {}
    let isRight = true
    for (const each of inputs) {
        each.complain("")
        try {
            values[each.field.name] = parseField(each.field, each.read())
        } catch (error) {
            if (!(error instanceof FieldError)) throw error
            isRight = false
            each.complain(error.message)
        }
    }
    return isRight ? values : null
}

async function send(command, values, inputs, result, call) {
    result.dataset.status = ""
    result.textContent = "sent…"
    const outcome = await call(command.name, values)
    result.dataset.status = outcome.status
    result.textContent = outcomeText(outcome, command.result)
    if (outcome.status === "refused" && outcome.field) inputs.find((each) => each.field.name === outcome.field)?.complain(outcome.reason || outcome.code)
}

/** What a field takes, in a few words. */
export function hintOf(field) {
    const { kind } = field
    const parts = []
    if (field.bounds) parts.push(`${field.bounds[0]}…${field.bounds[1]}`)
    if (field.unit) parts.push(field.unit)
    if (kind.type === "text") parts.push(`at most ${kind.capacity} bytes`)
    if (kind.type === "list") parts.push(`at most ${kind.capacity} × ${kind.scalar}, with commas`)
    if (kind.type === "vector") parts.push(`${kind.count} × ${kind.scalar}, with commas`)
    if (kind.type === "scalar" && !field.bounds) parts.push(kind.scalar)
    return parts.join(" ")
}

/** The names to choose from; null where a field is typed. */
function choicesOf({ type, scalar, cases }) {
    if (type === "choice") return cases.map((each) => each.name)
    return type === "scalar" && scalar === "bool" ? ["false", "true"] : null
}

function fieldInput(field, id, pickEntity) {
    const { kind } = field
    const names = choicesOf(kind)
    const isEntity = kind.type === "scalar" && kind.scalar === "entity"
    const examples = field.examples.join(" · ")
    const attributes = { id: `${id}-input`, "aria-describedby": `${id}-error` }
    const placeholder = examples || (isEntity ? "such as 2:1.1" : null)
    const input = names
        ? make("select", attributes, ...names.map((name) => make("option", { value: name }, name)))
        : make("input", { ...attributes, placeholder, maxlength: kind.type === "text" ? kind.capacity : null })
    if (!names && field.bounds && !examples) input.value = String(field.bounds[0] > 0 || field.bounds[1] < 0 ? field.bounds[0] : 0)
    const pick = () => { input.value = pickEntity() }
    const button = isEntity ? make("button", { type: "button", title: "Take the selected entity, or yourself", onclick: pick }, "Selected") : null
    const error = make("p", { class: "error", id: `${id}-error`, role: "alert" })
    const element = make("div", {},
        make("label", { for: `${id}-input` }, field.name, make("span", { class: "hint" }, hintOf(field))), make("div", { class: "with" }, input, button), error)
    const complain = (message) => {
        error.textContent = message
        input.classList.toggle("wrong", message !== "")
        input.setAttribute("aria-invalid", String(message !== ""))
    }
    return { field, element, complain, read: () => input.value }
}
