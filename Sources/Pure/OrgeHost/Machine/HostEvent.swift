package import OrgeControl
package import OrgeImage
package import OrgeLink

/// What happens to a host.
package enum HostEvent: Sendable {
    /// An edge has connected; it has not said hello. Link numbers are the shell's and are never used twice.
    case linkOpened(UInt64)
    case frame(link: UInt64, EdgeFrame)
    /// What an edge sent is no frame.
    case badFrame(link: UInt64, why: String)
    case linkClosed(UInt64)
    /// The supervisor says which edge processes may be alive.
    case edges(EdgeRoster)
    /// An operator lifts measures against faults. Answered once, with the request's number.
    case lift(request: UInt32, LiftTarget)
    /// The shell has handed in everything that it had: a tick may begin. Also whenever ``HostMachine/nextTurn`` has come.
    case turn(utcMilliseconds: UInt64)
    /// Answers the directive of that name, after the record was handed to the journal.
    case execute
    /// Answers the directive of that name.
    case beginImage
    /// Answers the directive of that name.
    case stepAudits
    /// All pages of the image are read and handed to its file.
    case imageRead
    /// All records through this tick are on the disk.
    case durable(through: UInt64)
    /// The image is durable under its name, and what it replaces is removed or stays for the next image.
    case imageWritten(tick: UInt64)
    /// An image could not be written: the one before it stays the newest. Its reader has stopped.
    case imageFailed(ImageFailure)
    /// The disk has little room left: no tick begins until it has more.
    case pause
    case resume
    /// The disk has lost records that were durable. All are recorded through this tick, and are durable when an image of it or of a later tick is written:
    /// begin one, unless one is in progress. Comes again until there is one.
    case imageNeeded(recorded: UInt64)
    case stop
}

/// What the shell must do, in this order.
package enum HostDirective: Equatable, Sendable {
    /// Hand the record to the journal.
    case append(tick: UInt64, body: [UInt8])
    /// Call back with ``HostEvent/execute``: only now, so that the disk works while the world does.
    case execute
    /// Call back with ``HostEvent/beginImage``.
    case beginImage
    /// Call back with ``HostEvent/stepAudits`` and say how long it took, as long as ``HostMachine/measured(audits:)`` asks for another one.
    case stepAudits
    /// Read the image into a file that has no name yet, beside the ticks that follow; then ``HostEvent/imageRead``.
    case readImage(ImageHeader, FrozenHost)
    /// Make the image that was read durable, give it its name, and remove what it replaces; then
    /// ``HostEvent/imageWritten(tick:)``.
    case publishImage(tick: UInt64)
    case send(link: UInt64, [UInt8])
    /// Close the link when what was sent is written; for the log: why.
    case close(link: UInt64, why: String)
    /// Tell the supervisor what has become of an operator's request.
    case answerLift(request: UInt32, LiftAnswer)
    /// Everything is released and an image of the last tick is written: exit.
    case stopped
}

/// What people want to know of a host.
package struct HostFigures: Equatable, Sendable {
    package var incarnation: UInt32
    /// The last released.
    package var tick: UInt64
    /// State hash after that tick.
    package var hash: UInt64
    package var entities: Int
    package var sessions: Int
    /// Ticks that began late.
    package var lateTicks: UInt64
    /// Commands that had to wait for another tick than the next.
    package var carriedOver: UInt64
    /// Commands taken.
    package var commands: UInt64
    /// Attachments ended because their edge broke the rules.
    package var violations: UInt64
    package var tickTimes: TickHistogram.Summary
    package var images: ImageFigures
    package var dilationPermille: UInt16
    /// Faults of the world's code since it began.
    package var faults: UInt64
}
