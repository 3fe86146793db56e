using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace AttentionKernels.Peers.Peers;

/// <summary>
/// An operation in ONNX Runtime: a session of one node, with inputs and outputs bound beforehand, so that a run copies none.
/// </summary>
internal sealed class OnnxRun : PreparedRun
{
    private readonly InferenceSession _session;
    private readonly RunOptions _options;
    private readonly List<OrtIoBinding> _bindings = [];
    private readonly OrtValue _result;

    /// <summary>Makes the session, and binds as many copies of the operands as asked for.</summary>
    public OnnxRun(SessionOptions options, OnnxNode node, int copies)
    {
        _session = Own(new InferenceSession(node.ToModel(), options));
        _options = Own(new RunOptions());
        List<OrtValue> results = [];
        for (int copy = 0; copy < copies; copy++)
        {
            OrtIoBinding binding = Own(_session.CreateIoBinding());
            var inputs = new Dictionary<string, OrtValue>();
            foreach (OnnxInput input in node.Inputs.Where(input => input != OnnxInput.None))
                binding.BindInput(input.Name, inputs[input.Name] = Upload(input));
            foreach (OnnxOutput output in node.Outputs)
            {
                OrtValue target = output.InPlaceOf is { } source ? inputs[source] : Allocate(TensorElementType.Float, output.Shape);
                binding.BindOutput(output.Name, target);
                results.Add(target);
            }

            _bindings.Add(binding);
        }

        _result = results[0];
    }

    /// <inheritdoc/>
    public override void Run(int copy) => _session.RunWithBinding(_options, _bindings[copy]);

    /// <inheritdoc/>
    public override float[] Result() => _result.GetTensorDataAsSpan<float>().ToArray();

    private OrtValue Allocate(TensorElementType type, long[] shape) =>
        Own(OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, type, shape));

    private OrtValue Upload(OnnxInput input)
    {
        OrtValue value = Allocate(input.Type, input.Shape);
        Span<byte> target = value.GetTensorMutableRawData();
        MemoryMarshal.CreateReadOnlySpan(ref MemoryMarshal.GetArrayDataReference(input.Elements), target.Length).CopyTo(target);
        return value;
    }
}
