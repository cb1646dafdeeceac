/// A part of a universe that can end and start again: a process, or a client's connection.
protocol Restartable: AnyObject {
    var universe: Universe { get }
    /// Counts its starts and ends.
    var life: Int { get }
    /// Nil for what is never stopped.
    var pause: Pause? { get }
}

extension Restartable {
    /// Runs the action after the delay, unless the life in which it was asked for has ended by then.
    func later(_ delay: UInt64, _ action: @escaping () -> Void) {
        let life = life
        universe.agenda.after(delay) { [self] in
            guard self.life == life else { return }
            guard let pause, pause.holds(universe.agenda) else { return action() }
            pause.add { [self] in if self.life == life { action() } }
        }
    }

    var pause: Pause? { nil }

    /// Something reaches the process from outside: at once, or when the process goes on, in the order in which it came.
    func arrive(_ action: @escaping () -> Void) {
        guard let pause, pause.holds(universe.agenda) else { return action() }
        let life = life
        pause.add { [self] in if self.life == life { action() } }
    }
}

/// A process that is stopped for a while, as by SIGSTOP: what happens to it waits, in order.
final class Pause {
    private var until: UInt64 = 0
    private var waiting: [() -> Void] = []
    private var isEnding = false

    func holds(_ agenda: Agenda) -> Bool { agenda.now < until || isEnding && !waiting.isEmpty }

    func add(_ action: @escaping () -> Void) { waiting.append(action) }

    func begin(until end: UInt64, _ agenda: Agenda) {
        until = max(until, end)
        agenda.at(until) { [self] in
            guard agenda.now >= until, !isEnding else { return }
            isEnding = true
            // What comes meanwhile comes last; what stops the process again leaves the rest for later.
            while agenda.now >= until, !waiting.isEmpty { waiting.removeFirst()() }
            isEnding = false
        }
    }

    /// The process is gone.
    func end() {
        until = 0
        waiting = []
    }
}
