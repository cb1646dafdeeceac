import OrgeSchema

/// The keyboard.
extension PlayMachine {
    mutating func press(_ key: Key) {
        if key != .tab && key != .backTab { completion = nil }
        switch key {
        case .enter: enterLine()
        case .tab: complete(1)
        case .backTab: complete(-1)
        case .up, .control("p"): if let line = history.older(than: editor.text) { editor.set(line) }
        case .down, .control("n"): if let line = history.newer() { editor.set(line) }
        case .pageUp: turn(-1)
        case .pageDown: turn(1)
        case .otherPageUp: log.scroll(PlayLayout(size).logRows - 1)
        case .otherPageDown: log.scroll(1 - PlayLayout(size).logRows)
        case .escape: page = nil
        case .control("l"): emit(.redraw)
        case .control("z"): emit(.suspend)
        case .control("c"): interrupt()
        case .control("d") where editor.isEmpty: leave()
        default: _ = editor.handle(key)
        }
    }

    /// A page of the table, or of the help.
    private mutating func turn(_ pages: Int) {
        let layout = PlayLayout(size)
        if page == nil { return table?.scroll(pages * layout.tableRows) ?? () }
        page?.scroll(pages * layout.pageLines, columns: layout.columns, rows: layout.pageLines)
    }

    /// Ctrl-C gives up the line that is being typed; without one it leaves.
    private mutating func interrupt() {
        if editor.isEmpty { return leave() }
        editor.set("")
    }

    /// Also what a signal asks for.
    package mutating func leave() {
        if standing == .leaving { return }
        standing = .leaving
        isStale = true
        emit(.leave)
    }

    private mutating func complete(_ distance: Int) {
        guard let words else { return }
        if completion == nil || completion?.candidates.count == 1 {
            let line = LineWords(editor.textBeforeCursor)
            let found = Completion(line, among: words.candidates(line))
            guard let only = found.candidates.first else { return completion = nil }
            if found.candidates.count == 1 { return editor.replace(from: found.start, with: only.word + only.ending) }
            completion = found
            let common = found.commonPrefix
            if common != line.typed, common.hasPrefix(line.typed) { return editor.replace(from: found.start, with: common) }
        }
        guard let candidate = completion?.step(distance), let start = completion?.start else { return }
        editor.replace(from: start, with: candidate.word)
    }
}
