import OrgeWorld

enum HiddenOwner: Wrong {
    static var parts: Parts {
        Number.self
        Secret.self  // finding: declaration
    }

    struct Secret: Component {
        var holder = Entity.none
        static var visibility: Visibility { .server }
        static var fields: [FieldRule<Self>] { [.owner(\.holder)] }
    }
}
