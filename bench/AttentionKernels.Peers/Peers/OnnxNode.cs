using Google.Protobuf;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace AttentionKernels.Peers.Peers;

/// <summary>An input of a node: its data, or nothing where an optional input is left out.</summary>
/// <param name="Name">The name; empty where it is left out.</param>
/// <param name="Elements">An array of <see langword="float"/>, <see langword="int"/> or <see langword="long"/>.</param>
/// <param name="Shape">The shape.</param>
internal sealed record OnnxInput(string Name, Array Elements, params long[] Shape)
{
    /// <summary>An optional input that is left out.</summary>
    public static OnnxInput None { get; } = new("", Array.Empty<float>());

    /// <summary>The type of the elements, whose numbers are the format's.</summary>
    public TensorElementType Type => Elements switch
    {
        float[] => TensorElementType.Float,
        int[] => TensorElementType.Int32,
        long[] => TensorElementType.Int64,
        _ => throw new NotSupportedException($"Elements of {Elements.GetType().Name} are not supported."),
    };
}

/// <summary>An output of a node, of <see langword="float"/>.</summary>
/// <param name="Name">The name.</param>
/// <param name="Shape">The shape.</param>
internal sealed record OnnxOutput(string Name, params long[] Shape)
{
    /// <summary>The input whose memory it takes, if any.</summary>
    public string? InPlaceOf { get; init; }
}

/// <summary>A graph of one node, written in the format of ONNX.</summary>
/// <param name="Operator">The operator.</param>
/// <param name="Domain">Whose operator it is; empty for ONNX's own.</param>
internal sealed record OnnxNode(string Operator, string Domain)
{
    /// <summary>The domain of ONNX Runtime's own operators.</summary>
    public const string Microsoft = "com.microsoft";

    // Numbers of fields and of enumerations are those of onnx.proto.
    private const int FormatVersion = 8, OnnxOperators = 17, MicrosoftOperators = 1, FloatAttribute = 1, IntegerAttribute = 2;

    /// <summary>The inputs, in the operator's order.</summary>
    public required IReadOnlyList<OnnxInput> Inputs { get; init; }

    /// <summary>The outputs, in the operator's order.</summary>
    public required IReadOnlyList<OnnxOutput> Outputs { get; init; }

    /// <summary>Attributes that are integers.</summary>
    public IReadOnlyDictionary<string, long> Integers { get; init; } = new Dictionary<string, long>();

    /// <summary>Attributes that are floating-point numbers.</summary>
    public IReadOnlyDictionary<string, float> Floats { get; init; } = new Dictionary<string, float>();

    /// <summary>The model with this node for a graph.</summary>
    public byte[] ToModel() => Message(model =>
    {
        Write(model, 1, FormatVersion);
        Write(model, 7, Message(WriteGraph));
        WriteOperatorSet(model, "", OnnxOperators);
        WriteOperatorSet(model, Microsoft, MicrosoftOperators);
    });

    private static void WriteOperatorSet(CodedOutputStream model, string domain, long version) => Write(model, 8, Message(set =>
    {
        Write(set, 1, domain);
        Write(set, 2, version);
    }));

    private void WriteGraph(CodedOutputStream graph)
    {
        Write(graph, 1, Message(WriteNode));
        Write(graph, 2, Operator);
        foreach (OnnxInput input in Inputs.Where(input => input != OnnxInput.None))
            Write(graph, 11, Value(input.Name, input.Type));
        foreach (OnnxOutput output in Outputs)
            Write(graph, 12, Value(output.Name, TensorElementType.Float));
    }

    private void WriteNode(CodedOutputStream node)
    {
        foreach (OnnxInput input in Inputs)
            Write(node, 1, input.Name);
        foreach (OnnxOutput output in Outputs)
            Write(node, 2, output.Name);
        Write(node, 4, Operator);
        foreach ((string name, long value) in Integers)
        {
            Write(node, 5, Message(attribute =>
            {
                Write(attribute, 1, name);
                Write(attribute, 3, value);
                Write(attribute, 20, IntegerAttribute);
            }));
        }

        foreach ((string name, float value) in Floats)
        {
            Write(node, 5, Message(attribute =>
            {
                Write(attribute, 1, name);
                attribute.WriteTag(2, WireFormat.WireType.Fixed32);
                attribute.WriteFloat(value);
                Write(attribute, 20, FloatAttribute);
            }));
        }

        Write(node, 7, Domain);
    }

    // The shape is left out: whoever binds a tensor says it.
    private static byte[] Value(string name, TensorElementType type) => Message(value =>
    {
        Write(value, 1, name);
        Write(value, 2, Message(tensorType => Write(tensorType, 1, Message(tensor => Write(tensor, 1, (long)type)))));
    });

    private static byte[] Message(Action<CodedOutputStream> write)
    {
        using var bytes = new MemoryStream();
        using (var stream = new CodedOutputStream(bytes, leaveOpen: true))
            write(stream);
        return bytes.ToArray();
    }

    private static void Write(CodedOutputStream message, int field, long value)
    {
        message.WriteTag(field, WireFormat.WireType.Varint);
        message.WriteInt64(value);
    }

    private static void Write(CodedOutputStream message, int field, string value)
    {
        message.WriteTag(field, WireFormat.WireType.LengthDelimited);
        message.WriteString(value);
    }

    private static void Write(CodedOutputStream message, int field, byte[] value)
    {
        message.WriteTag(field, WireFormat.WireType.LengthDelimited);
        message.WriteBytes(ByteString.CopyFrom(value));
    }
}
