import EchoWorld
import OrgeHostProcess

@main enum Main { static func main() { WorldProgram.run(EchoWorld.self) } }
