/// The page and its modules, built into the executable: a server is one file, and what it serves cannot drift from what it speaks.
package enum WebPage {
    package struct File: Sendable {
        package var contentType: String
        package var bytes: [UInt8]
    }

    /// What is served under a path; nil for anything else.
    package static func file(at path: String) -> File? {
        let known = path == "/" ? "/index.html" : path
        guard let (_, type, bytes) = files.first(where: { $0.path == known }) else { return nil }
        return File(contentType: type.rawValue, bytes: bytes)
    }

    /// An entity tag for all files together, quotes included. It changes with any of them, so a browser that asks again never keeps
    /// an old module beside a new one.
    package static let entityTag: String = {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in files.lazy.flatMap(\.bytes) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return "\"\(String(hash, radix: 16))\""
    }()

    private enum ContentType: String {
        case page = "text/html; charset=utf-8"
        case script = "text/javascript; charset=utf-8"
        case style = "text/css; charset=utf-8"
        case picture = "image/svg+xml"
    }

    /// Every file that is served. A file that is missing here is answered with 404, which the tests of the page notice.
    private static let files: [(path: String, type: ContentType, bytes: [UInt8])] = [
        ("/index.html", .page, PackageResources.index_html),
        ("/style.css", .style, PackageResources.style_css),
        ("/icon.svg", .picture, PackageResources.icon_svg),
        ("/client/bytes.js", .script, PackageResources.bytes_js),
        ("/client/commands.js", .script, PackageResources.commands_js),
        ("/client/connection.js", .script, PackageResources.connection_js),
        ("/client/fields.js", .script, PackageResources.fields_js),
        ("/client/frames.js", .script, PackageResources.frames_js),
        ("/client/hold.js", .script, PackageResources.hold_js),
        ("/client/progress.js", .script, PackageResources.progress_js),
        ("/client/schema.js", .script, PackageResources.schema_js),
        ("/client/session.js", .script, PackageResources.session_js),
        ("/client/text.js", .script, PackageResources.text_js),
        ("/client/update.js", .script, PackageResources.update_js),
        ("/client/view.js", .script, PackageResources.view_js),
        ("/page/banner.js", .script, PackageResources.banner_js),
        ("/page/beyond.js", .script, PackageResources.beyond_js),
        ("/page/camera.js", .script, PackageResources.camera_js),
        ("/page/dom.js", .script, PackageResources.dom_js),
        ("/page/figures.js", .script, PackageResources.figures_js),
        ("/page/forms.js", .script, PackageResources.forms_js),
        ("/page/ground.js", .script, PackageResources.ground_js),
        ("/page/hud.js", .script, PackageResources.hud_js),
        ("/page/joystick.js", .script, PackageResources.joystick_js),
        ("/page/keys.js", .script, PackageResources.keys_js),
        ("/page/log.js", .script, PackageResources.log_js),
        ("/page/main.js", .script, PackageResources.main_js),
        ("/page/map.js", .script, PackageResources.map_js),
        ("/page/marks.js", .script, PackageResources.marks_js),
        ("/page/math.js", .script, PackageResources.math_js),
        ("/page/minimap.js", .script, PackageResources.minimap_js),
        ("/page/motion.js", .script, PackageResources.motion_js),
        ("/page/names.js", .script, PackageResources.names_js),
        ("/page/nearby.js", .script, PackageResources.nearby_js),
        ("/page/outcomes.js", .script, PackageResources.outcomes_js),
        ("/page/panel.js", .script, PackageResources.panel_js),
        ("/page/scene.js", .script, PackageResources.scene_js),
        ("/page/sprites.js", .script, PackageResources.sprites_js),
        ("/page/steering.js", .script, PackageResources.steering_js),
        ("/page/terrain.js", .script, PackageResources.terrain_js),
    ]
}
