import MeadowWorld
import OrgeHostProcess

@main enum Main { static func main() { WorldProgram.run(Meadow.self) } }
