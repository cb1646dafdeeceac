/// What a run of bots does.
struct BotsPlan {
    /// Where they connect, and to which world.
    let server: ConnectOptions
    let count: Int
    /// Begins the bots' names.
    let prefix: String
    /// Commands a second of each bot.
    let rate: Double
    /// How long they act; nil until stopped.
    let seconds: Double?
    /// The mean of the seconds after which a bot drops its connection; nil for never.
    let churn: Double?
    /// The mean of the seconds after which a bot loses its connection and resumes its session; nil for never.
    let drop: Double?
    let seed: UInt64
    /// The result is one JSON object.
    let isJSON: Bool
}
