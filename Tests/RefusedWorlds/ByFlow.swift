import OrgeWorld

// What the compiler finds once the types are right. Each line that ends with "refused:" and words must have an error with these words, and no
// other line may have one.

struct Height: Component {
    var metres: UInt8 = 0
    static var fields: [FieldRule<Self>] {
        [
            .range(\.metres, 1...300),  // refused: '300' overflows when stored into 'UInt8'
            .range(\.metres, -1...3),  // refused: negative integer '-1' overflows
        ]
    }
}

let pace = Pace.fixed(hertz: -5)  // refused: negative integer '-5' overflows

enum Grow: System {
    static var writes: [any Component.Type] { [Height.self] }
    static func run(_ turn: inout Turn) {
        turn.each { (height: inout Height) in  // refused: overlapping accesses to 'turn'
            turn.each { (other: Height) in height.metres += other.metres }
        }
    }
}
