/// What cannot be listed among a world's parts. None is ever called: the compiler takes them where no other fits, and says why none does.
extension PartsBuilder {
    @available(*, unavailable, message: "a command's `run` returns nothing, or a struct that conforms to Record")
    public static func buildExpression<C: Command>(_: C.Type) -> Parts { refused() }

    @available(*, unavailable, message: "a part is listed by its type, as in `Score.self`")
    public static func buildExpression<R: Record>(_: R) -> Parts { refused() }

    @available(*, unavailable, message: "a record is a part only when it is a Component, Intent, Command or Event; a command's result is not listed")
    public static func buildExpression<R: Record>(_: R.Type) -> Parts { refused() }

    @available(*, unavailable, message: "a part is a Component, Intent, Command, Event or System, or a Sight")
    public static func buildExpression<T>(_: T.Type) -> Parts { refused() }

    @available(*, unavailable, message: "a world has the same parts in every process: list them without `if`")
    public static func buildOptional(_: Parts?) -> Parts { refused() }

    @available(*, unavailable, message: "a world has the same parts in every process: list them without `if` and `switch`")
    public static func buildEither(first: Parts) -> Parts { refused() }

    @available(*, unavailable, message: "a world has the same parts in every process: list them without `if` and `switch`")
    public static func buildEither(second: Parts) -> Parts { refused() }

    @available(*, unavailable, message: "a world has the same parts in every process: list them one by one")
    public static func buildArray(_: [Parts]) -> Parts { refused() }

    private static func refused() -> Parts { preconditionFailure("the compiler refuses its callers") }
}
