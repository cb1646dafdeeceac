import OrgeWorld

// Each line that ends with "refused:" and words must have an error with these words, and no other line may have one.

enum Mood: UInt8, Choice { case calm = 1, cross }
enum Size: Int, Choice { case small, large }  // refused: does not conform to protocol 'Choice'

struct Kinds: Component {
    var owner = Entity.none
    var count = 0
    var small: UInt8 = 0
    var real = 0.0
    var isOpen = false
    var mood = Mood.calm
    var path = List<UInt16, 4>()
    var text = Text<20>()
    static var fields: [FieldRule<Self>] { [] }
}

struct Named: Component { var name = "" }  // refused: non-bitwise-copyable type 'String'
struct Bare: Component { var height: Int32 }  // refused: does not conform to protocol 'Record'

func rule1() -> FieldRule<Kinds> { .range(\.count, 1...10) }  // refused: UInt8...UInt64 (not Int)
func rule2() -> FieldRule<Kinds> { .range(\.text, 1...10) }  // refused: a range is for a field of
func rule3() -> FieldRule<Kinds> { .range(\.mood, 1...2) }  // refused: a range is for a field of
func rule4() -> FieldRule<Kinds> { .range(\.small, 0.5...10) }  // refused: with bounds of that type
func rule5() -> FieldRule<Kinds> { .range(\.small, 1..<10) }  // refused: with both ends
func rule6() -> FieldRule<Kinds> { .range(\Place.x, 1...10) }  // refused: 'KeyPath<Place, Int64>'
func rule7() -> FieldRule<Kinds> { .finite(\.small) }  // refused: only a Float or a Double
func rule8() -> FieldRule<Kinds> { .unit(\.text, "m") }  // refused: a field of numbers
func rule9() -> FieldRule<Kinds> { .unit(\.isOpen, "m") }  // refused: a field of numbers
func rule10() -> FieldRule<Kinds> { .unit(\.owner, "m") }  // refused: a field of numbers
func rule11() -> FieldRule<Kinds> { .notEmpty(\.small) }  // refused: only a Text or a List can be empty
func rule12() -> FieldRule<Kinds> { .notEmpty(\.owner) }  // refused: only a Text or a List can be empty
func rule13() -> FieldRule<Kinds> { .owner(\.small) }  // refused: an owner is a field of type Entity
func rule14() -> FieldRule<Kinds> { .examples(\.small, "many") }  // refused: examples have the field's type
func rule15() -> FieldRule<Kinds> { .examples(\.path, 1, 2) }  // refused: examples have the field's type
func rule16() -> FieldRule<Kinds> { .examples(\.mood, "calm") }  // refused: examples have the field's type
func rule17() -> FieldRule<Kinds> { .examples(\.mood, .wild) }  // refused: 'wild'

struct Place: Component {
    var (x, y) = (0 as Int64, 0 as Int64)
    var (east, north) = (0 as Int32, 0 as Float)
}

struct Ask: Command {
    static func run(_ ask: Ask, _ turn: inout Turn) throws(Refusal) -> UInt8 { 1 }
}

struct Loose: Command {  // refused: does not conform to protocol 'Command'
    static func run(_ loose: Loose, _ turn: inout Turn) throws {}
}

struct Both: Component, Command {
    static func run(_ both: Both, _ turn: inout Turn) throws(Refusal) {}
}

struct Answer: Record { var count: UInt8 = 0 }

enum Grow: System {
    static var writes: [any Component.Type] { [Ask.self] }  // refused: 'any Component.Type'
    static func run(_ turn: inout Turn) {}
}

@PartsBuilder func result() -> Parts {
    Ask.self  // refused: `run` returns nothing, or a struct that conforms to Record
}

@PartsBuilder func value() -> Parts {
    Kinds()  // refused: a part is listed by its type
}

@PartsBuilder func record() -> Parts {
    Answer.self  // refused: a command's result is not listed
}

@PartsBuilder func choice() -> Parts {
    Mood.self  // refused: a part is a Component, Intent, Command, Event or System
}

@PartsBuilder func two() -> Parts {
    Both.self  // refused: ambiguous use of 'buildExpression
}

@PartsBuilder func sometimes(_ isLarge: Bool) -> Parts {
    if isLarge { Kinds.self }  // refused: without `if`
}

@PartsBuilder func either(_ isLarge: Bool) -> Parts {
    if isLarge { Kinds.self } else { Grow.self }  // refused: without `if` and `switch`
}

@PartsBuilder func wideCoordinates() -> Parts {
    Sight(\Place.x, \Place.y, inner: 10, outer: 12)  // refused: 'Int64' conform to 'CoordinateType'
}

@PartsBuilder func mixedCoordinates() -> Parts {
    Sight(\Place.east, \Place.north, inner: 10, outer: 12)  // refused: 'KeyPath<Place, Float>'
}
