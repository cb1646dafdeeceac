/// The socket in the data folder on which a running server answers other commands.
enum ControlSocket {
    static let name = "control.sock"
}
