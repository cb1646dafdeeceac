import OrgeSchema
public import Testing

extension TestWorld {
    /// The state as text, to print or to compare: a line for each row, `ENTITY COMPONENT FIELD=VALUE…`, server-only components among them, by slot and in
    /// the order of the world's parts.
    public var state: String { StateText.lines(of: host.engine).map { $0 + "\n" }.joined() }

    /// Expects that ``state`` is what the file `Kept/NAME.txt` beside the test holds.
    ///
    /// `ORGE_ACCEPT=1 swift test` writes the present state into the file instead, also where there is none yet; then look at the change before you commit it.
    /// - Parameter name: of the file, without the folder and without `.txt`.
    public func expectState(keptAs name: String, sourceLocation: SourceLocation = #_sourceLocation, filePath: StaticString = #filePath) {
        let file = KeptFile(path: Self.folder(of: "\(filePath)") + "/Kept/\(name).txt")
        if KeptFile.isAccepting {
            if let why = file.write(state) { Issue.record("\(file.path) cannot be written: \(why)", sourceLocation: sourceLocation) }
            return
        }
        guard let kept = file.read() else {
            Issue.record("there is no \(file.path); `ORGE_ACCEPT=1 swift test` writes it, with this state:\n\(state)", sourceLocation: sourceLocation)
            return
        }
        guard kept != state else { return }
        let lines = LineDifference(Self.lines(kept), Self.lines(state)).lines
        let text = lines.isEmpty ? "    (the same lines in another order)" : lines.map { "    \($0)" }.joined(separator: "\n")
        Issue.record("the state is not the kept one (-), but (+):\n\(text)\n`ORGE_ACCEPT=1 swift test` accepts it", sourceLocation: sourceLocation)
    }

    private static func folder(of path: String) -> String { path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "." }
    private static func lines(_ text: String) -> [String] { text.split(separator: "\n").map(String.init) }
}
