import Base
import Torch

/// Moves parameters along their gradients. It neither clips nor clears them.
public protocol Optimizer: AnyObject {
    /// What `update` changes in place.
    var parameters: [Parameter] { get }
    /// One update from the gradients on the parameters; a parameter without one stays as it is.
    ///
    /// - Parameter skip: a scalar in fp32 where the parameters are; when it is not zero nothing changes, the state
    ///   neither. The host does not wait to know.
    func update(rate: Double, skip: Tensor?) throws
    /// Everything to go on from here, by names that begin with the parameter's. Not copies: written before the next
    /// update.
    var state: [String: Tensor] { get throws }
    /// Goes on from where `state` was read, over the same parameters. Throws `OptimizerError`, and then nothing changed.
    func restore(_ state: [String: Tensor]) throws
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
