import Torch

/// All weights of a model, trained where they are: the model belongs to the run then, and is nobody else's.
public final class WholeModel: Trainable {
    /// In the order in which the model has taken them.
    public let parameters: [Parameter]

    /// The weights of a model that was loaded to be trained (`WeightPolicy.trainedIn`).
    public init(_ parameters: [Parameter]) { self.parameters = parameters }

    /// They are the model's already; nothing is dropped out of them.
    public func attach(strength: Double, dropout: Dropout?) {}
    /// They stay.
    public func detach() {}

    /// Takes weights from elsewhere in: one for each, by name. Throws `WeightsError` for what is missing, left over or misshapen;
    /// nothing has changed then.
    public func load(_ tensors: [String: Tensor], source: String) throws {
        let pairs = try parameters.map { parameter in
            guard let theirs = tensors[parameter.name] else { throw WeightsError.missing(parameter.name, source) }
            guard theirs.shape == parameter.tensor.shape else {
                throw WeightsError.shape(
                    parameter.name, expected: parameter.tensor.shape, found: theirs.shape, source)
            }
            return (parameter.tensor, theirs)
        }
        let unused = Set(tensors.keys).subtracting(parameters.map(\.name))
        if !unused.isEmpty { throw WeightsError.unused(unused.sorted(), source) }
        try withoutGradients { for (ours, theirs) in pairs { try ours.copy(from: theirs) } }
    }
}
