import OrgeSchema
import OrgeWorld
public import Testing

extension TestWorld {
    /// Everything that was done to this world, as text that ``run(script:sourceLocation:)`` takes.
    ///
    ///     join ada
    ///     tick
    ///     ada transfer to=1:1.1 amount=250
    ///     tick 20
    ///
    /// What a test changed itself is a comment in it.
    public var script: String { scriptLines.map { $0 + "\n" }.joined() }

    /// Runs a script, such as a failing test printed: `join NAME`, `leave NAME`, `disconnect NAME`, `tick`, `tick COUNT`, and after an account's name a
    /// command as `orge call` takes it, or an intent in the same form.
    /// - Throws: at the first line that is none; the failure is recorded at the caller's line. The lines before it have been run.
    public func run(script: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        for line in script.split(whereSeparator: \.isNewline) {
            do throws(ScriptError) {
                if let line = try ScriptLine.parse(line) { try run(line) }
            } catch {
                try fail("\(line) → \(error)", sourceLocation)
            }
        }
    }

    private func run(_ line: ScriptLine) throws(ScriptError) {
        switch line {
        case .join(let name):
            guard (1...Identity.nameLimit).contains(name.utf8.count) else { throw ScriptError("a name has 1 to \(Identity.nameLimit) bytes") }
            perform(.join(account(.guest(name)).index))
        case .leave(let name): perform(.leave(try known(name)))
        case .disconnect(let name): perform(.disconnect(try known(name)))
        case .tick(let count): run(ticks: count)
        case .sent(let name, let kind, let fields, let key): perform(try sent(try known(name), kind, fields, key))
        }
    }

    private func known(_ name: String) throws(ScriptError) -> Int {
        guard let account = accounts.first(where: { $0.name == name }) else { throw ScriptError("\(name) has not joined") }
        return account.index
    }

    private func sent(_ account: Int, _ name: String, _ fields: [String], _ key: IdempotencyKey?) throws(ScriptError) -> Step {
        func row(_ layout: RowLayout) throws(ScriptError) -> ScriptRow {
            do throws(TypedRowError) {
                return ScriptRow(try layout.parse(fields, of: name)) { self.account(ofAvatar: $0) }
            } catch {
                throw ScriptError("\(error)")
            }
        }
        if let command = schema.command(named: name) { return .command(account, kind: command.id, try row(command.row), key: key) }
        if let component = schema.component(named: name), let intent = schema.intents.first(where: { $0.component == component.id }) {
            return .intent(account, kind: intent.id, try row(component.row))
        }
        throw ScriptError("\(schema.name) has no command or intent \(name)")
    }

    private var scriptLines: [String] {
        var lines: [String] = []
        var ticks = 0
        func endTicks() {
            if ticks > 0 { lines.append(ticks == 1 ? "tick" : "tick \(ticks)") }
            ticks = 0
        }
        for step in steps {
            if step.isTick {
                ticks += 1
            } else {
                endTicks()
                lines.append(text(of: step))
            }
        }
        endTicks()
        return lines
    }

    private func text(of step: Step) -> String {
        switch step {
        case .join(let index): "join \(accounts[index].name)"
        case .leave(let index): "leave \(accounts[index].name)"
        case .disconnect(let index): "disconnect \(accounts[index].name)"
        case .command(let index, let kind, let row, let key):
            schema.command(kind).map { "\(accounts[index].name) \($0.name)\(typed($0.row, row))" + (key.map { " --key \($0.hexadecimal)" } ?? "") } ?? ""
        case .intent(let index, let kind, let row):
            schema.intent(kind).flatMap { schema.component($0.component) }.map { "\(accounts[index].name) \($0.name)\(typed($0.row, row))" } ?? ""
        case .tick: "tick"
        case .change: "# a change by the test"
        }
    }

    private func typed(_ layout: RowLayout, _ row: ScriptRow) -> String { layout.typed(row.resolved { accounts[$0].avatar }).printable }
}
