import FoundationEssentials
import OrgeSystem

/// A world's package, as `swift package describe` tells of it.
struct SwiftPackage {
    private struct Description: Decodable {
        var name: String
        var path: String
        var products: [Product]
        var targets: [Target]
    }

    struct Product: Decodable {
        var name: String
        var targets: [String]
        var type: [String: [String]?]
    }

    struct Target: Decodable {
        var name: String
        var c99name: String
        var path: String
        var sources: [String]
        var type: String
        var target_dependencies: [String]?
        var product_dependencies: [String]?
    }

    /// Absolute, without links.
    let folder: String
    let name: String
    private let products: [Product]
    private let targets: [Target]

    /// - Parameter text: what `swift package describe --type json` printed.
    init(describedBy text: String) throws {
        do {
            let description = try JSONDecoder().decode(Description.self, from: Data(text.utf8))
            (folder, name, products, targets) = (description.path, description.name, description.products, description.targets)
        } catch {
            throw CommandFailure("`swift package describe` printed what is no description of a package", kind: .unchecked)
        }
    }

    /// The executables that are worlds: those that link Orge's world program.
    var worlds: [String] {
        let programs = products.filter { $0.type.keys.contains("executable") }
        return programs.filter { product in closure(product.targets).contains(where: isWorldProgram) }.map(\.name).sorted()
    }

    /// In another package the module comes with a product of Orge.
    private func isWorldProgram(_ target: Target) -> Bool {
        target.name == Self.programModule || target.target_dependencies?.contains(Self.programModule) == true
            || target.product_dependencies?.contains("OrgeWorld") == true
    }

    /// The targets of this package that a product links and that are not Orge's.
    func authorTargets(of product: String) -> [Target] {
        let orges = closure([Self.programModule, "OrgeWorld"]).map(\.name)
        return closure(products.first { $0.name == product }?.targets ?? []).filter { !orges.contains($0.name) }
    }

    func sources(of product: String) -> AuthorSources {
        let others = worlds.filter { $0 != product }.flatMap { authorTargets(of: $0).map(\.name) }
        let modules = authorTargets(of: product).map { target in
            (name: target.c99name, files: target.sources.map { "\(folder)/\(target.path)/\($0)" }, isShared: others.contains(target.name))
        }
        return AuthorSources(folder: folder, files: modules.flatMap(\.files), modules: modules)
    }

    /// These targets and all that they depend on, in this package.
    private func closure(_ names: [String]) -> [Target] {
        var (found, waiting): ([Target], [String]) = ([], names)
        while let name = waiting.popLast() {
            guard !found.contains(where: { $0.name == name }), let target = targets.first(where: { $0.name == name }) else { continue }
            found.append(target)
            waiting += target.target_dependencies ?? []
        }
        return found
    }

    private static let programModule = "OrgeHostProcess"
}
