import CrowdWorld
import OrgeHostProcess

enum Size: CrowdSize {
    static var count: Int { 100_000 }
    static var side: Int32 { 316_228 }
}

@main enum Main { static func main() { WorldProgram.run(Crowd<Size>.self) } }
