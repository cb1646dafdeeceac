import OrgeSchema

/// Why a line that was typed does nothing.
struct LineFault: Error, CustomStringConvertible {
    let description: String

    init(_ message: String, remedy: String? = nil) { description = remedy.map { "\(message). \($0)" } ?? message }
}

/// What was typed.
extension PlayMachine {
    mutating func enterLine() {
        let line = editor.text
        page = nil
        guard line.contains(where: { $0 != " " }) else { return editor.set("") }
        history.add(line)
        editor.set("")
        log.add("> \(line)", .dim)
        do throws(LineFault) {
            guard let words = typedWords(line), let name = words.first else { throw LineFault("a quote is not closed") }
            try run(name, Array(words.dropFirst()))
        } catch {
            log.add("\(error)", .red)
        }
    }

    private mutating func run(_ name: String, _ words: [String]) throws(LineFault) {
        if let action = table?.schema.action(named: name) { return try run(action, words) }
        guard let local = LocalCommand(name) else {
            let names = (table?.schema.actions.map(\.name) ?? []) + LocalCommand.allCases.map(\.rawValue)
            throw LineFault("there is no command \(name)", remedy: "There is: \(names.joined(separator: ", "))")
        }
        switch local {
        case .help: try help(words.first)
        case .columns: try chooseColumns(words)
        case .only: try filter(words)
        case .quit: leave()
        }
    }

    private mutating func run(_ action: WorldAction, _ words: [String]) throws(LineFault) {
        guard standing != .leaving else { return }
        let values: [FieldValue]
        do throws(TypedRowError) { values = try action.row.parse(words, of: action.name) } catch { throw LineFault("\(error)") }
        var writer = ByteWriter()
        action.row.encode(values, to: &writer)
        if action.isIntent {
            emit(.intent(kind: action.id, payload: writer.bytes))
        } else {
            unansweredCount += 1
            emit(.command(kind: action.id, payload: writer.bytes))
        }
    }

    private mutating func help(_ topic: String?) throws(LineFault) {
        guard let schema = table?.schema else { throw LineFault("the world was not entered yet") }
        guard let page = HelpPage(schema, topic: topic) else { throw LineFault("nothing here is called \(topic ?? "")") }
        self.page = page
    }

    private mutating func component(named name: String) throws(LineFault) -> WorldSchema.Component {
        guard let schema = table?.schema, let component = schema.component(named: name) else {
            let names = table?.schema.components.map(\.name).joined(separator: ", ") ?? ""
            throw LineFault("there is no component \(name)", remedy: "There is: \(names)")
        }
        return component
    }

    private mutating func chooseColumns(_ words: [String]) throws(LineFault) {
        var chosen: [WorldSchema.Component] = []
        for word in words { chosen.append(try component(named: word)) }
        table?.choose(chosen)
    }

    private mutating func filter(_ words: [String]) throws(LineFault) {
        var filter = EntityFilter()
        for word in words {
            if let sign = word.firstIndex(of: "=") {
                let field = String(word[..<sign])
                guard table?.schema.components.contains(where: { $0.row.index(ofField: field) != nil }) == true else {
                    throw LineFault("no component has a field \(field)")
                }
                filter.values.append((field, String(word[word.index(after: sign)...])))
            } else {
                filter.components.append(try component(named: word).id)
            }
        }
        filter.text = words.joined(separator: " ")
        table?.show(only: filter)
    }
}
