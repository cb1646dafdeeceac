/// A part of a universe that can end and start again: a process, or a client's connection.
protocol Restartable: AnyObject {
    var universe: Universe { get }
    /// Counts its starts and ends.
    var life: Int { get }
}

extension Restartable {
    /// Runs the action after the delay, unless the life in which it was asked for has ended by then.
    func later(_ delay: UInt64, _ action: @escaping () -> Void) {
        let life = life
        universe.agenda.after(delay) { [self] in
            if self.life == life { action() }
        }
    }
}
