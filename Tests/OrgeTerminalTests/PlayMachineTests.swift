import OrgeSchema
import OrgeWire
import Testing

@testable import OrgeSession
@testable import OrgeTerminal

@Suite struct PlayMachineTests {
    @Test("A command that is typed is sent, and its outcome stands in the log")
    func command() {
        var machine = PlayMachine.inGarden()
        machine.type("give to=1:2.1 amount=7 gently=true\r")
        let row = Garden.encoded(Garden.schema.commands[1].row, [.entity(Garden.entity(2)), .unsigned(7), .bool(true)])
        #expect(machine.takeDirectives() == [.command(kind: 1, payload: row)])
        #expect(machine.lines().first?.contains("1 unanswered") == true)
        let sent = ClientSession.Unanswered(sequence: 1, kind: 1, sentAt: 5_000_000)
        let result = Garden.encoded(Garden.schema.commands[1].result, [.unsigned(43)])
        machine.handle(.reaction(.outcome(sent, tick: 9, .applied(result: result))), now: 8_400_000)
        #expect(machine.lines().contains("give: applied left=43 (3.4 ms)"))
        machine.handle(.reaction(.outcome(sent, tick: 9, .refused(code: 5, field: "amount", reason: "no more"))), now: 8_400_000)
        #expect(machine.lines().contains("give: refused: amount: no more (code 5)"))
        #expect(machine.lines().first?.contains("unanswered") == false)
    }

    @Test("An intent is sent, and a line that cannot be read is explained")
    func lines() {
        var machine = PlayMachine.inGarden()
        machine.type("steer dx=1 dy=-2\r")
        #expect(machine.takeDirectives() == [.intent(kind: 0, payload: Garden.row(4, [.signed(1), .signed(-2)]))])
        for (line, said) in [
            ("dance", "there is no command dance. There is: say, give, become, steer, help"),
            ("give to=none", "give needs amount, gently. Add amount=… gently=…"),
            ("give to=none amount=x gently=true", "amount: \"x\" is not a whole number from 1 to 50"), ("say text=\"a", "a quote is not closed"),
            ("columns none", "there is no component none"), ("only colour=red", "no component has a field colour"),
            ("help nothing", "nothing here is called nothing"),
        ] {
            machine.type("\(line)\r")
            #expect(machine.lines().contains { $0.hasPrefix(said) }, "\(line): \(machine.lines())")
        }
        #expect(machine.takeDirectives().isEmpty)
    }

    @Test("The table has the avatar first, then what is near, in the columns of the schema")
    func table() {
        var machine = PlayMachine.inGarden()
        let lines = machine.lines()
        #expect(lines[0].hasPrefix(" garden  ada 1:1.1  tick 1  4 in view"), "\(lines[0])")
        #expect(lines[0].hasSuffix("connected"))
        #expect(lines[1] == "          place    body      name", "\(lines[1])")
        #expect(lines[2] == "  entity    x   y  kind      text", "\(lines[2])")
        #expect(lines[3] == "* 1:1.1     0   0  gnome     ada", "\(lines[3])")
        #expect(lines[4] == "  1:3.1    10  10  hedgehog", "\(lines[4])")
        #expect(lines[5] == "  1:4.1   500   0  hare", "\(lines[5])")
        #expect(lines[6] == "  1:2.1   900   0  hare      björn", "\(lines[6])")
        #expect(lines[13].hasPrefix(" 1 to 4 of 4"))
    }

    @Test("Columns and rows can be chosen")
    func choice() {
        var machine = PlayMachine.inGarden()
        machine.type("columns name\r")
        #expect(machine.lines()[2] == "  entity  text")
        machine.type("columns\ronly kind=hare\r")
        #expect(machine.lines()[3...5].map { $0.prefix(8) } == ["  1:4.1 ", "  1:2.1 ", ""])
        machine.type("only name kind=hare\r")
        #expect(machine.lines()[3].hasPrefix("  1:2.1"))
        #expect(machine.lines()[13].hasPrefix(" 1 to 1 of 1  only name kind=hare"))
        machine.type("only\r")
        #expect(machine.lines()[13].hasPrefix(" 1 to 4 of 4"))
    }

    @Test("A changed value is marked for a moment, and so is what has come into view")
    func marks() {
        var machine = PlayMachine.inGarden()
        let second: UInt64 = 1_000_000_000
        let moved = Garden.view([
            .init(slot: 1, x: 5, y: 0, name: "ada"), .init(slot: 2, x: 900, y: 0, kind: 1, name: "björn"), .init(slot: 3, x: 10, y: 10, kind: 2),
            .init(slot: 4, x: 500, y: 0, kind: 1), .init(slot: 5, x: 20, y: 20),
        ])
        machine.handle(.view(moved), now: second)
        var screen = machine.screen(now: second + 1)
        #expect(screen.text(row: 3) == "* 1:1.1     5   0  gnome     ada")
        #expect(screen[3, 12].style == .changed && screen[3, 16].style == .bold && screen[4, 12].style == [])
        #expect(screen.text(row: 5).hasPrefix("  1:5.1") && screen[5, 12].style == .changed, "\(screen.text(row: 5))")
        #expect(machine.nextChange(after: second) == second + TerminalLimits.markNanoseconds)
        screen = machine.screen(now: 2 * second)
        #expect(screen[3, 12].style == .bold && screen[5, 12].style == [])
        #expect(machine.nextChange(after: 2 * second) == nil)
    }

    @Test("A view that is too large to be ordered is listed by id, and the table says so")
    func large() {
        let count = UInt32(TerminalLimits.orderedEntities + 1)
        var machine = PlayMachine.inGarden(Garden.view((1...count).map { Garden.Thing(slot: $0, x: Int32(count - $0), y: 0) }))
        #expect(machine.lines()[4].hasPrefix("  1:2.1"))
        #expect(machine.lines()[13].hasPrefix(" 1 to 10 of \(count)  by id: too many to order"))
    }

    @Test("Page Up and Page Down walk through the table and end at its ends")
    func pages() {
        let many = Garden.view((1...25).map { Garden.Thing(slot: $0, x: Int32($0), y: 0) })
        var machine = PlayMachine.inGarden(many)
        for (key, first) in [
            ("\u{1b}[6~", " 11 to 20 of 25"), ("\u{1b}[6~", " 16 to 25 of 25"), ("\u{1b}[6~", " 16 to 25 of 25"), ("\u{1b}[5~", " 6 to 15"),
            ("\u{1b}[5~\u{1b}[5~", " 1 to 10"),
        ] {
            machine.type(key)
            #expect(machine.lines()[13].hasPrefix(first), "\(machine.lines()[13])")
        }
    }

    @Test("Events stand in the log with the names of those who caused them, and the log can be scrolled")
    func events() {
        var machine = PlayMachine.inGarden()
        machine.handle(Garden.spoken("good morning", by: 2), now: 1)
        #expect(machine.lines().contains("2 spoken by=1:2.1 (björn) text=\"good morning\""))
        for number in 0..<50 { machine.handle(Garden.spoken("\(number)", by: 1), now: 1) }
        #expect(machine.lines()[20] == "2 spoken by=1:1.1 (you) text=49")
        machine.type("\u{1b}[5;2~")
        #expect(machine.lines()[20] == "2 spoken by=1:1.1 (you) text=43")
        #expect(machine.lines()[13].contains("events scrolled back"))
        machine.type("\u{1b}[6;2~")
        #expect(machine.lines()[20] == "2 spoken by=1:1.1 (you) text=49")
    }

    @Test("The usage of what is being typed is shown, and help has all of it")
    func usage() {
        var machine = PlayMachine.inGarden()
        #expect(machine.lines()[21] == "say  give  become  steer  help  columns  only  quit")
        machine.type("give to=")
        #expect(machine.lines()[21] == "give  to: entity  amount: u32, 1…50  gently: bool")
        machine.type("\u{15}help give\r")
        #expect(
            machine.lines()[1...6].map { $0 } == ["command give", "    to: entity", "    amount: u32, 1…50", "    gently: bool", "answers", "    left: u32"])
        #expect(machine.lines()[7] == "for example: give to=1:7.1 amount=1 gently=true")
        machine.type("\u{1b}")
        machine.handle(.key(.escape), now: 1)
        #expect(machine.lines()[1].contains("place"))
        machine.type("help\r")
        #expect(machine.lines().contains { $0.contains("columns [COMPONENT …]: which components the table has") })
        #expect(machine.lines()[20].hasPrefix(" Page Down: more"))
        machine.type("\u{1b}[6~")
        #expect(machine.lines().contains { $0.hasPrefix("    Ctrl-L draws again") })
        #expect(machine.lines()[20] == " Esc: back")
    }

    @Test("Comings and goings of connection and world are shown")
    func standing() {
        var machine = PlayMachine.inGarden()
        machine.handle(.reaction(.notice(.hostAway)), now: 1)
        #expect(machine.lines()[0].hasSuffix("the world is away"))
        machine.handle(.reaction(.notice(.hostBack(incarnation: 2, tick: 70))), now: 1)
        #expect(machine.lines()[0].hasSuffix("connected"))
        #expect(machine.lines().contains("the world is back, at tick 70"))
        machine.handle(.reaction(.disconnected(pauseMilliseconds: 5)), now: 1)
        machine.handle(.reaction(.disconnected(pauseMilliseconds: 50)), now: 1)
        #expect(machine.lines()[0].hasSuffix("connection lost, trying again"))
        #expect(machine.lines().filter { $0 == "the connection is lost; trying again" }.count == 1)
        machine.type("say text=x\r")
        machine.handle(.unsent(name: "say", isCommand: true), now: 1)
        #expect(machine.lines().contains("say: not sent: there is no connection"))
        machine.handle(.entered(Garden.schema, avatar: Garden.avatar), now: 1)
        machine.handle(.reaction(.pong(roundTrip: 12_340_000)), now: 1)
        #expect(machine.lines()[0].contains("12 ms"))
        #expect(machine.lines()[0].hasSuffix("joining"))
    }

    @Test("Ctrl-C empties the line, then leaves; quit and Ctrl-D leave; a world's own quit comes first")
    func leaving() {
        var machine = PlayMachine.inGarden()
        machine.type("say\u{3}")
        #expect(machine.editor.isEmpty && machine.takeDirectives().isEmpty)
        machine.type("\u{3}\u{3}")
        #expect(machine.takeDirectives() == [.leave], "once")
        for keys in ["quit\r", "/quit\r", "\u{4}"] {
            var machine = PlayMachine.inGarden()
            machine.type(keys)
            #expect(machine.takeDirectives() == [.leave])
            #expect(machine.screen(now: 1).cursor == nil)
        }
        var schema = Garden.schema
        schema.commands[0].name = "quit"
        var other = PlayMachine(account: "ada")
        other.handle(.entered(schema, avatar: Garden.avatar), now: 1)
        other.type("quit text=x\r")
        #expect(other.takeDirectives() == [.command(kind: 0, payload: Garden.encoded(schema.commands[0].row, [.text("x")]))])
        other.type("/quit\r")
        #expect(other.takeDirectives() == [.leave])
    }

    @Test("A terminal that is too small is told so, whatever its size", arguments: [(79, 24), (80, 23), (1, 1), (3, 2), (500, 1)])
    func small(columns: Int, rows: Int) {
        var machine = PlayMachine.inGarden(columns: columns, rows: rows)
        let screen = machine.screen(now: 1)
        #expect(screen.columns == columns && screen.rows == rows)
        if columns > 40 { #expect(screen.text(row: 0).hasPrefix("orge play needs a terminal of 80 x 24; this one has \(columns) x \(rows)".prefix(columns))) }
        machine.type("quit\r")
        #expect(machine.takeDirectives() == [.leave])
    }

    @Test("What other players write is drawn as text: no escape sequence of theirs reaches the terminal")
    func hostile() {
        let attack = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m\u{202e}\r\n漢z\u{336}\u{336}\u{336}\u{336}\u{336}\u{336}"
        var machine = PlayMachine.inGarden(Garden.view([.init(slot: 1, x: 0, y: 0, name: attack), .init(slot: 2, x: 1, y: 1, name: attack)]))
        machine.handle(Garden.spoken(attack, by: 2), now: 1)
        machine.handle(.reaction(.notice(.stopping(withinMilliseconds: 5, text: attack))), now: 1)
        machine.handle(.reaction(.joinRefused(.init(.notRunning, retryAfterMilliseconds: 0, attack))), now: 1)
        let sent = ClientSession.Unanswered(sequence: 1, kind: 0, sentAt: 0)
        machine.handle(.reaction(.outcome(sent, tick: 9, .refused(code: 5, field: attack, reason: attack))), now: 1)
        machine.type("give to=\t\t")
        var writer = ScreenWriter(colours: true)
        var terminal = PlainTerminal(columns: 80, rows: 24)
        let screen = machine.screen(now: 1)
        screen.checkInvariants()
        #expect(terminal.take(writer.bytes(for: screen)) == nil)
        #expect(terminal.shows(screen, colours: true))
        #expect((0..<24).contains { screen.text(row: $0).contains("\\u{1b}]0;owned\\u{7}") })
    }

    @Test("Whatever is typed and happens, screens have the size of the terminal and draw nothing but text", arguments: 0..<30 as Range<UInt64>)
    func anything(seed: UInt64) {
        var random = RandomSource(seed: seed)
        var machine = PlayMachine.inGarden()
        var reader = KeyReader()
        var writer = ScreenWriter(colours: true)
        var size = (columns: 80, rows: 24)
        var terminal = PlainTerminal(columns: 80, rows: 24)
        for step in 0..<120 {
            let now = UInt64(step + 1) * 100_000_000
            Self.happen(&machine, &reader, &random, now, &size)
            for directive in machine.takeDirectives() where directive == .redraw {
                terminal = PlainTerminal(columns: size.columns, rows: size.rows)
                writer.forget()
            }
            let screen = machine.screen(now: now)
            screen.checkInvariants()
            machine.editor.checkInvariants()
            #expect(screen.columns == size.columns && screen.rows == size.rows, "seed \(seed), step \(step)")
            #expect(terminal.take(writer.bytes(for: screen)) == nil, "seed \(seed), step \(step)")
            #expect(terminal.shows(screen, colours: true), "seed \(seed), step \(step)")
        }
    }

    private static func happen(
        _ machine: inout PlayMachine, _ reader: inout KeyReader, _ random: inout RandomSource, _ now: UInt64, _ size: inout (columns: Int, rows: Int)
    ) {
        switch random.below(10) {
        case 0:
            size = random.chance(1, outOf: 3) ? (1 + random.below(100), 1 + random.below(40)) : (80 + random.below(80), 24 + random.below(20))
            machine.handle(.resized(columns: size.columns, rows: size.rows), now: now)
        case 1:
            let things = (1...UInt32(1 + random.below(30))).map {
                Garden.Thing(
                    slot: $0, x: Int32(random.below(2_000)), y: 0, kind: Int64(random.below(3)), name: random.chance(1, outOf: 2) ? "漢\u{1b}[\($0)" : nil)
            }
            machine.handle(.view(Garden.view(things, tick: now)), now: now)
        case 2: machine.handle(Garden.spoken(ScreenWriterTests.texts[random.below(ScreenWriterTests.texts.count)], by: UInt32(1 + random.below(5))), now: now)
        case 3: for _ in 0..<20 { reader.read(UInt8(random.below(256))).map { machine.handle(.key($0), now: now) } }
        case 4:
            let lines = [
                "help\r", "help give\r", "only kind=hare\r", "only\r", "columns name place\r", "columns\r", "give to=\t\t\t",
                "say text=\u{1b}[200~漢\n\u{1b}[201~\r",
            ]
            machine.type(lines[random.below(lines.count)], now: now)
        default: machine.handle(.key(LineEditorTests.key(&random)), now: now)
        }
    }
}
