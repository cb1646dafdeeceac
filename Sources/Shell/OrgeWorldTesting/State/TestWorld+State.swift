import OrgeSchema
import OrgeSystem
public import Testing

extension TestWorld {
    /// The state as text, to print or to compare: a line for each row, `ENTITY COMPONENT FIELD=VALUE…`, server-only components among them, by slot and in
    /// the order of the world's parts.
    public var state: String { StateText.lines(of: host.engine).map { $0 + "\n" }.joined() }

    /// Expects that ``state`` is what the file `Kept/NAME.txt` beside the test holds.
    ///
    /// `ORGE_ACCEPT=1 swift test` writes the present state into the file instead, also where there is none yet; then look at the change before you commit it.
    /// - Parameters:
    ///   - name: of the file, without the folder and without `.txt`.
    ///   - sourceLocation: the line that a failure is reported for.
    ///   - filePath: the test's file: `Kept` lies beside it.
    public func expectState(keptAs name: String, sourceLocation: SourceLocation = #_sourceLocation, filePath: StaticString = #filePath) {
        let file = KeptFile(name, besideTest: "\(filePath)")
        do throws(SystemError) {
            if KeptFile.isAccepting { return try file.write(state) }
            guard let kept = try file.read() else {
                Issue.record("there is no \(file.path); `ORGE_ACCEPT=1 swift test` writes it, with this state:\n\(state)", sourceLocation: sourceLocation)
                return
            }
            if kept != state { Issue.record("\(Self.difference(kept, state))\n`ORGE_ACCEPT=1 swift test` accepts it", sourceLocation: sourceLocation) }
        } catch {
            Issue.record("\(error)", sourceLocation: sourceLocation)
        }
    }

    private static func difference(_ kept: String, _ state: String) -> String {
        let lines = LineDifference(lines(kept), lines(state)).lines
        let text = lines.isEmpty ? "    (the same lines in another order)" : lines.map { "    \($0)" }.joined(separator: "\n")
        return "the state is not the kept one (-), but (+):\n\(text)"
    }

    private static func lines(_ text: String) -> [String] { text.split(separator: "\n").map(String.init) }
}
