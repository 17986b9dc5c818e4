import Base
import Torch

/// Moves parameters along their gradients. It neither clips nor clears them.
public protocol Optimizer: AnyObject {
    /// What `update` changes in place.
    var parameters: [Parameter] { get }
    /// What is really trained: the parameters, or more exact copies of them.
    var trained: [Parameter] { get }
    /// Has the gradients of the parameters on what is `trained`, multiplied by a scalar where one is given. Called before they are
    /// clipped.
    func takeGradients(times factor: Tensor?) throws
    /// One update from the gradients on what is `trained`; a parameter without one stays as it is.
    ///
    /// - Parameter skip: a scalar in fp32 where the parameters are; when it is not zero nothing changes, the state
    ///   neither. The host does not wait to know.
    func update(rate: Double, skip: Tensor?) throws
    /// The share of each parameter that an update takes off, times the rate. May be changed between two updates.
    var weightDecay: Double { get set }
    /// The tensors that it goes on from, by names that begin with the parameter's, or with `group` for what belongs to all of them.
    /// They are changed in place by every update.
    var entries: [(name: String, tensor: Tensor)] { get }
    /// Names of a state that other ranks go on from.
    var foreign: Set<String> { get }
}

extension Optimizer {
    /// None.
    public var foreign: Set<String> { [] }
    /// The parameters themselves.
    public var trained: [Parameter] { parameters }
    /// They are there already.
    public func takeGradients(times factor: Tensor? = nil) throws {
        guard let factor else { return }
        try scaleAll(gradients().map(\.gradient), by: factor)
    }

    /// Everything to go on from here. Not copies: written before the next update.
    public var state: [String: Tensor] { Dictionary(uniqueKeysWithValues: entries.map { ($0.name, $0.tensor) }) }

    /// Goes on from where `state` was read, over the same parameters. Throws `OptimizerError`, and then nothing changed.
    public func restore(_ state: [String: Tensor]) throws {
        var rest = state.filter { !foreign.contains($0.key) }
        let pairs = try entries.map { key, ours in
            guard let theirs = rest.removeValue(forKey: key) else { throw OptimizerError.missing(key) }
            guard theirs.shape == ours.shape else {
                throw OptimizerError.shape(key, expected: ours.shape, found: theirs.shape)
            }
            return (ours, theirs)
        }
        if !rest.isEmpty { throw OptimizerError.unknown(rest.keys.sorted()) }
        try withoutGradients { for (ours, theirs) in pairs { try ours.copy(from: theirs) } }
    }

    /// The places of the parameters that have a gradient, with it.
    func gradients() throws -> [(place: Int, gradient: Tensor)] {
        try parameters.enumerated().compactMap { place, parameter in
            try parameter.tensor.gradient().map { (place, $0) }
        }
    }
    /// Entries of one kind, one a parameter.
    func named(_ kind: String, _ tensors: [Tensor]) -> [(name: String, tensor: Tensor)] {
        zip(parameters, tensors).map { ("\($0.name).\(kind)", $1) }
    }
}

extension Parameter {
    /// Zeros of its shape and where it is, in its dtype or another.
    func zeros(_ dtype: DType? = nil) throws -> Tensor {
        try .zeros(tensor.shape, dtype: dtype ?? tensor.dtype, device: tensor.device)
    }
}

/// Writes what an update has made, or leaves everything as it was where the update is to be left out. The host does not know
/// which.
struct Commit {
    /// True where an update is left out; nil when it is not in question.
    private let isLeftOut: Tensor?

    init(skip: Tensor?) throws { isLeftOut = try skip.map { try $0.equals(0).negated() } }
    /// Left out also where `other` is true, a scalar on the device.
    init(_ commit: Commit, or other: Tensor) throws {
        isLeftOut = try commit.isLeftOut.map { try ($0.to(.float32) + other.to(.float32)).isAbove(0) } ?? other
    }
    func callAsFunction(_ place: Tensor, _ value: Tensor) throws {
        try place.copy(from: isLeftOut.map { try .choose($0, place.detached(), value.to(place.dtype)) } ?? value)
    }
}

/// A state that belongs to another optimizer or to other parameters.
public enum OptimizerError: UserError {
    case missing(String)
    case shape(String, expected: [Int], found: [Int])
    case unknown([String])

    /// One for all.
    public var kind: String { "optimizer.state" }
    /// The entry of the state.
    public var key: String? {
        switch self {
        case .missing(let key), .shape(let key, _, _): key
        case .unknown(let keys): keys.first
        }
    }
    /// One line with the entry.
    public var description: String {
        switch self {
        case .missing(let key): "the state of the optimizer lacks '\(key)': it belongs to another run"
        case .shape(let key, let expected, let found):
            "the state of the optimizer has '\(key)' in the shape \(found), not \(expected): it belongs to another run"
        case .unknown(let keys):
            "the state of the optimizer has \(keys.count) entries of no parameter, such as '\(keys.first ?? "")': "
                + "it belongs to another run"
        }
    }
}
