/// A model: stateless code that runs each `period` ticks.
public protocol System {
    /// The name for operators, in faults and figures; by default the type's name.
    static var name: String { get }
    /// Ticks from one run to the next, at least 1, which is the default. It runs in the ticks that the period divides.
    static var period: Int { get }
    /// Components that its queries read. Reading any other component is a bug of the system and traps.
    static var reads: [any Component.Type] { get }
    /// Components that its queries write, add or remove; it may read them too.
    static var writes: [any Component.Type] { get }
    /// Runs once in each tick that is due, after the tick's commands; systems run in the order in which ``World/parts`` lists them. It cannot refuse: what it
    /// has changed stays.
    static func run(_ turn: inout Turn)
}

extension System {
    public static var name: String { String(describing: Self.self) }
    public static var period: Int { 1 }
    public static var reads: [any Component.Type] { [] }
}
