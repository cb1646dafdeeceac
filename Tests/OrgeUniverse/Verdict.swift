import OrgeSchema

/// The first broken promise ends a universe; until then everything that happens is counted here.
final class Verdict {
    private let agenda: Agenda
    private let settings: UniverseSettings
    private(set) var failure: BrokenPromise?
    var losesTails: Bool { settings.losesTails }
    var isPoisoned: Bool { settings.isPoisoned }
    var report = UniverseReport()
    private let tamper: Hunter.Tamper?

    init(_ agenda: Agenda, _ settings: UniverseSettings, _ tamper: Hunter.Tamper?) {
        self.tamper = tamper
        self.agenda = agenda
        self.settings = settings
    }

    func fail(_ what: @autoclosure () -> String) {
        guard failure == nil else { return }
        let text = what()
        failure = BrokenPromise(settings: settings, time: agenda.now, what: text)
        note("BROKEN: \(text)")
    }

    func expect(_ condition: Bool, _ what: @autoclosure () -> String) {
        if !condition { fail(what()) }
    }

    /// Copies live for some ticks: in one universe of four for a single one.
    func hunter(of world: WorldCase) -> Hunter? {
        settings.hunts ? Hunter(world, period: [1, 2, 7, 25][Int(settings.seed % 4)], tamper: tamper) : nil
    }

    /// Something worth telling: part of the trace, printed when wanted.
    func note(_ text: @autoclosure () -> String) {
        let line = text()
        mix(hash64(line.utf8))
        if settings.isVerbose { print("\(agenda.now / 1_000) µs  \(line)") }
    }

    func mix(_ value: UInt64) { report.trace = fold64(report.trace, value ^ agenda.now) }
}
