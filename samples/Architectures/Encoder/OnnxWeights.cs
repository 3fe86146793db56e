using System.Runtime.InteropServices;
using Google.Protobuf;

namespace AttentionKernels.Samples.Architectures.Encoder;

/// <summary>The tensors of fp32 in an ONNX file: by their names, and the matrices of its MatMul nodes in the order of these.</summary>
/// <remarks>The messages of onnx.proto are read field by field: of a model its graph, of a graph its nodes and initializers.</remarks>
internal sealed class OnnxWeights
{
    // Fields of ModelProto, GraphProto, NodeProto and TensorProto.
    private const int Graph = 7, Node = 1, Initializer = 5, Input = 1, Operator = 4, Dimensions = 1, DataType = 2, Name = 8, RawData = 9;
    private const int Float = 1;

    private readonly Dictionary<string, OnnxTensor> tensors = [];
    private readonly List<string> factors = [];

    /// <summary>Reads a model.</summary>
    /// <exception cref="InvalidDataException">It is not an ONNX model.</exception>
    public OnnxWeights(byte[] model)
    {
        try
        {
            ForEachField(new CodedInputStream(model), (field, _, input) =>
            {
                if (field != Graph)
                    return false;
                ReadGraph(Message(input));
                return true;
            });
        }
        catch (InvalidProtocolBufferException exception)
        {
            throw new InvalidDataException($"The model is not in the format of ONNX: {exception.Message}", exception);
        }
    }

    /// <summary>The right operands of the products with a constant, [columns, rows] each, in the order of their nodes.</summary>
    public IReadOnlyList<OnnxTensor> Matrices => [.. factors.Where(tensors.ContainsKey).Select(name => tensors[name])];

    /// <summary>The tensor of a name.</summary>
    /// <exception cref="InvalidDataException">There is none.</exception>
    public OnnxTensor this[string name] =>
        tensors.GetValueOrDefault(name) ?? throw new InvalidDataException($"The model has no tensor '{name}'.");

    private void ReadGraph(CodedInputStream graph) => ForEachField(graph, (field, _, input) =>
    {
        if (field == Node)
            ReadNode(Message(input));
        else if (field == Initializer)
            ReadTensor(Message(input));
        return field is Node or Initializer;
    });

    private void ReadNode(CodedInputStream node)
    {
        List<string> inputs = [];
        string type = "";
        ForEachField(node, (field, _, input) =>
        {
            if (field == Input)
                inputs.Add(input.ReadString());
            else if (field == Operator)
                type = input.ReadString();
            return field is Input or Operator;
        });
        if (type == "MatMul" && inputs.Count > 1)
            factors.Add(inputs[1]);
    }

    private void ReadTensor(CodedInputStream tensor)
    {
        List<long> shape = [];
        int type = 0;
        string name = "";
        ByteString bytes = ByteString.Empty;
        ForEachField(tensor, (field, wire, input) =>
        {
            switch (field)
            {
                case Dimensions when wire == WireFormat.WireType.LengthDelimited: // packed
                    for (CodedInputStream extents = Message(input); !extents.IsAtEnd;)
                        shape.Add(extents.ReadInt64());
                    return true;
                case Dimensions:
                    shape.Add(input.ReadInt64());
                    return true;
                case DataType:
                    type = input.ReadInt32();
                    return true;
                case Name:
                    name = input.ReadString();
                    return true;
                case RawData:
                    bytes = input.ReadBytes();
                    return true;
                default:
                    return false;
            }
        });
        if (type == Float)
            tensors.Add(name, new OnnxTensor(MemoryMarshal.Cast<byte, float>(bytes.Span).ToArray(), [.. shape]));
    }

    private static CodedInputStream Message(CodedInputStream input) => input.ReadBytes().CreateCodedInput();

    // Shows each field to a reader, which says whether it has read it.
    private static void ForEachField(CodedInputStream input, Func<int, WireFormat.WireType, CodedInputStream, bool> read)
    {
        for (uint tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            if (!read(WireFormat.GetTagFieldNumber(tag), WireFormat.GetTagWireType(tag), input))
                input.SkipLastField();
        }
    }
}

/// <summary>A tensor of fp32.</summary>
/// <param name="Elements">The elements, last dimension innermost.</param>
/// <param name="Shape">The extents.</param>
internal sealed record OnnxTensor(float[] Elements, long[] Shape)
{
    /// <summary>The matrix with rows and columns exchanged: ONNX has [columns, rows], a linear layer [rows, columns].</summary>
    public float[] Transposed()
    {
        int rows = (int)Shape[1], columns = (int)Shape[0];
        float[] transposed = new float[Elements.Length];
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
                transposed[(row * columns) + column] = Elements[(column * rows) + row];
        }

        return transposed;
    }
}
