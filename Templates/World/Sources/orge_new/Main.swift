import OrgeHostProcess

/// The world's program. `orge serve --world` starts it; by itself it runs the world from a seed (`--fast 2000 --script 7`).
@main enum Main { static func main() { WorldProgram.run(OrgeNewWorld.self) } }
