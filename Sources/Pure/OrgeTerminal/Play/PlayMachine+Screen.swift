import OrgeSchema
import OrgeSession

/// The state as a screen.
extension PlayMachine {
    /// Exactly as large as the terminal.
    /// - Parameter now: nanoseconds; decides which marks still stand.
    package mutating func screen(now: UInt64) -> Screen {
        isStale = false
        let layout = PlayLayout(size)
        var screen = Screen(columns: layout.columns, rows: layout.rows)
        guard !layout.isTooSmall else {
            let words =
                "orge play needs a terminal of \(TerminalLimits.leastColumns) x \(TerminalLimits.leastRows); this one has \(layout.columns) x \(layout.rows)"
            for (row, line) in words.glyphs().wrapped(layout.columns).prefix(layout.rows).enumerated() { screen.put(line, row: row, column: 0) }
            return screen
        }
        drawStatus(&screen)
        if let page {
            draw(page, &screen, layout)
        } else {
            drawTable(&screen, layout, now)
            drawBar(&screen, layout)
            for (index, line) in log.lines(columns: layout.columns, rows: layout.logRows).enumerated() {
                screen.put(line.glyphs, row: layout.firstLogRow + index, column: 0, style: line.style)
            }
        }
        drawUsage(&screen, layout)
        drawPrompt(&screen, layout)
        return screen
    }

    private func drawStatus(_ screen: inout Screen) {
        var left = [table?.schema.name ?? "", "\(account) \(table?.avatar.description ?? "")", "tick \(tick)"]
        if let view = table?.view { left.append("\(view.entityCount) in view") }
        if let roundTrip { left.append(millisecondsText(roundTrip)) }
        if dilationPermille != 1_000 { left.append("time runs at \(dilationPermille / 10) %") }
        if unansweredCount > 0 { left.append("\(unansweredCount) unanswered") }
        let right = standingText.glyphs(upTo: screen.columns / 2)
        let column = screen.columns - right.columns - 1
        screen.put(left.joined(separator: "  "), row: 0, column: 1, width: column - 3)
        screen.put(right, row: 0, column: column, style: standing == .connected ? [] : .bold)
        screen.paint(row: 0, style: .reversed)
    }

    private var standingText: String {
        switch standing {
        case .connected: table?.view == nil ? "joining" : "connected"
        case .worldAway: "the world is away"
        case .lost: "connection lost, trying again"
        case .stopping: "the server stops"
        case .leaving: "leaving"
        }
    }

    private func drawTable(_ screen: inout Screen, _ layout: PlayLayout, _ now: UInt64) {
        guard let table else { return }
        let places = TableLayout(table, width: layout.columns)
        drawHead(&screen, table, places)
        for (index, row) in table.rows.prefix(layout.tableRows).enumerated() {
            let line = layout.firstTableRow + index
            let isOwn = row.entity == table.avatar
            if isOwn { screen.put("*", row: line, column: 0, style: .bold) }
            screen.put(row.entity.description, row: line, column: 2, style: isOwn ? .bold : [])
            for place in places.places {
                let cell = row.cells[place.index]
                let isMarked = cell.changedAt > 0 && cell.changedAt + TerminalLimits.markNanoseconds > now
                let glyphs = cell.text.fitted(to: place.width)
                let indent = table.columns[place.index].isNumber ? place.width - glyphs.columns : 0
                screen.put(glyphs, row: line, column: place.column + indent, style: isMarked ? .changed : isOwn ? .bold : [])
            }
        }
    }

    private func drawHead(_ screen: inout Screen, _ table: ViewTable, _ places: TableLayout) {
        screen.put("entity", row: 2, column: 2, style: .underlined)
        var component: UInt16?
        for place in places.places {
            let column = table.columns[place.index]
            if component != column.component {
                let end = places.places.last { table.columns[$0.index].component == column.component }.map { $0.column + $0.width } ?? 0
                screen.put(column.componentName, row: 1, column: place.column, width: end - place.column, style: .bold)
            }
            component = column.component
            let title = column.title.fitted(to: place.width)
            screen.put(title, row: 2, column: place.column + (column.isNumber ? place.width - title.columns : 0), style: .underlined)
        }
    }

    /// Between table and log: how much of the view the table shows.
    private func drawBar(_ screen: inout Screen, _ layout: PlayLayout) {
        var parts: [String] = []
        if let table, let view = table.view {
            let last = table.first + table.rows.count
            parts.append(table.rows.isEmpty ? "no entities" : "\(table.first + 1) to \(last) of \(table.order.count)")
            if !table.filter.isEmpty { parts.append("only \(table.filter.text)") }
            if view.entityCount > TerminalLimits.orderedEntities { parts.append("by id: too many to order") }
            let hidden = TableLayout(table, width: layout.columns).hiddenCount
            if hidden > 0 { parts.append("\(hidden) columns hidden: choose some by `columns COMPONENT …`") }
        }
        if log.isScrolled { parts.append("events scrolled back") }
        screen.put(parts.joined(separator: "  "), row: layout.bar, column: 1)
        screen.paint(row: layout.bar, style: [.reversed, .dim])
    }

    private func draw(_ page: HelpPage, _ screen: inout Screen, _ layout: PlayLayout) {
        let lines = page.wrapped(layout.columns)
        for (index, line) in lines.dropFirst(page.first).prefix(layout.pageLines).enumerated() {
            screen.put(line.glyphs, row: 1 + index, column: 0, style: line.isTitle ? .bold : [])
        }
        let more = lines.count - page.first > layout.pageLines ? "Page Down: more  " : ""
        screen.put("\(more)Esc: back", row: layout.pageEnd, column: 1)
        screen.paint(row: layout.pageEnd, style: [.reversed, .dim])
    }

    private func drawUsage(_ screen: inout Screen, _ layout: PlayLayout) {
        var (row, column) = (layout.usage, 0)
        for piece in UsageLine(editor.textBeforeCursor, words, completion).pieces {
            var rest = piece.text.fitted(to: 2 * layout.columns)[...]
            // What fits into a line is not broken.
            if column > 0, column + rest.columns > layout.columns, rest.columns <= layout.columns { (row, column) = (row + 1, 0) }
            if column == 0, piece.text.allSatisfy({ $0 == " " }) { continue }
            while row < layout.prompt, !rest.isEmpty {
                let room = layout.columns - column
                let isLast = row == layout.prompt - 1
                let part = isLast && rest.columns > room ? rest.map(\.text).joined().fitted(to: room) : rest.fitting(room)
                column = screen.put(part, row: row, column: column, style: piece.style)
                rest = rest.dropFirst(part.count)
                if !rest.isEmpty { (row, column) = (row + 1, 0) }
            }
        }
    }

    /// The line being typed, moved to the left for as far as its cursor would stand outside.
    private func drawPrompt(_ screen: inout Screen, _ layout: PlayLayout) {
        let start = screen.put("> ", row: layout.prompt, column: 0, style: .bold)
        let before = editor.textBeforeCursor.glyphs()
        let room = layout.columns - start - 1
        var (skipped, skippedColumns) = (0, 0)
        let cursor = before.columns
        while cursor - skippedColumns > room {
            skippedColumns += before[skipped].columns
            skipped += 1
        }
        // Marks after the cursor may belong to the character before it: both parts are drawn as they stand.
        let after = String(editor.characters[editor.cursor...]).glyphs(upTo: layout.columns)
        let column = screen.put(Array(before.dropFirst(skipped)), row: layout.prompt, column: start)
        screen.put(after, row: layout.prompt, column: column)
        if standing != .leaving { screen.setCursor(row: layout.prompt, column: column) }
    }
}

extension ArraySlice<Glyph> {
    /// As many as fit.
    fileprivate func fitting(_ columns: Int) -> [Glyph] {
        var used = 0
        return Array(
            prefix { glyph in
                used += glyph.columns
                return used <= columns
            })
    }
}
