import OrgeWorld

enum OwnerAfterText: Wrong {
    static var parts: Parts {
        Number.self
        Deed.self  // finding: declaration
    }

    struct Deed: Component {
        var title = Text<20>()
        var holder = Entity.none
        static var fields: [FieldRule<Self>] { [.owner(\.holder)] }
    }
}
