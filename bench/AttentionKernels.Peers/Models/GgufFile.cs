using System.Runtime.InteropServices;
using System.Text;
using AttentionKernels.Samples.Llama;

namespace AttentionKernels.Peers.Models;

/// <summary>Writes a Llama model in fp32 as llama.cpp reads it: a GGUF file, version 3.</summary>
/// <remarks>
/// Magic, version and counts; the metadata; a description of each tensor, dimensions innermost first; then the tensors, each at a multiple of
/// 32 bytes from the first. All is little endian. Rotary embedding of neighbouring pairs is what "llama" means there, so no row is moved. Peers
/// are given tokens, never text: a vocabulary has to be there, but what its pieces say does not matter.
/// </remarks>
internal sealed class GgufFile
{
    private const int Alignment = 32;

    /// <summary>Types of metadata.</summary>
    private const uint Whole = 4, Signed = 5, Number = 6, Text = 8, Array = 9;

    /// <summary>Types of tokens.</summary>
    private const int Normal = 1, Unknown = 2, Control = 3, SingleByte = 6;

    /// <summary>Behind three control tokens comes one for each byte.</summary>
    private const int FirstByte = 3, Bytes = 256;

    private readonly List<Action<BinaryWriter>> _metadata = [];
    private readonly List<(string Name, int[] Dimensions, ReadOnlyMemory<float> Elements)> _tensors = [];

    private GgufFile(Checkpoint model)
    {
        ModelShape shape = model.Shape;
        AddMetadata(shape);
        AddMatrix("token_embd.weight", model.Embeddings, shape.Dimension);
        foreach ((int index, LayerWeights layer) in model.Layers.Index())
        {
            AddVector($"blk.{index}.attn_norm.weight", layer.AttentionNorm);
            AddMatrix($"blk.{index}.attn_q.weight", layer.Query, shape.Dimension);
            AddMatrix($"blk.{index}.attn_k.weight", layer.Key, shape.Dimension);
            AddMatrix($"blk.{index}.attn_v.weight", layer.Value, shape.Dimension);
            AddMatrix($"blk.{index}.attn_output.weight", layer.Output, shape.Dimension);
            AddVector($"blk.{index}.ffn_norm.weight", layer.FeedForwardNorm);
            AddMatrix($"blk.{index}.ffn_gate.weight", layer.Gate, shape.Dimension);
            AddMatrix($"blk.{index}.ffn_down.weight", layer.Down, shape.HiddenDimension);
            AddMatrix($"blk.{index}.ffn_up.weight", layer.Up, shape.Dimension);
        }

        AddVector("output_norm.weight", model.FinalNorm);
        if (!shape.SharedClassifier)
            AddMatrix("output.weight", model.Classifier, shape.Dimension);
    }

    /// <summary>Writes a model to a file, whose folder is made if need be.</summary>
    public static void Write(FileInfo file, Checkpoint model)
    {
        file.Directory?.Create();
        using var writer = new BinaryWriter(file.Create());
        new GgufFile(model).Write(writer);
    }

    private void AddMetadata(ModelShape shape)
    {
        Add("general.architecture", "llama");
        Add("general.alignment", Alignment);
        Add("general.file_type", 0);
        Add("llama.context_length", shape.MaximumPositions);
        Add("llama.embedding_length", shape.Dimension);
        Add("llama.block_count", shape.Layers);
        Add("llama.feed_forward_length", shape.HiddenDimension);
        Add("llama.attention.head_count", shape.Heads);
        Add("llama.attention.head_count_kv", shape.KeyValueHeads);
        Add("llama.attention.layer_norm_rms_epsilon", 1e-5f);
        Add("llama.rope.dimension_count", shape.HeadDimension);
        Add("llama.rope.freq_base", (float)RotaryTable.DefaultBase);
        Add("llama.vocab_size", shape.Vocabulary);
        Add("tokenizer.ggml.model", "llama");
        int[] tokens = [.. Enumerable.Range(0, shape.Vocabulary)];
        AddArray("tokenizer.ggml.tokens", Text, [.. tokens.Select(PieceOf)], WriteText);
        AddArray("tokenizer.ggml.scores", Number, tokens, (writer, token) => writer.Write(-(float)token));
        AddArray("tokenizer.ggml.token_type", Signed, tokens, (writer, token) => writer.Write(TypeOf(token)));
        Add("tokenizer.ggml.unknown_token_id", 0);
        Add("tokenizer.ggml.bos_token_id", 1);
        Add("tokenizer.ggml.eos_token_id", 2);
    }

    private static string PieceOf(int token) => token switch
    {
        0 => "<unk>",
        1 => "<s>",
        2 => "</s>",
        < FirstByte + Bytes => $"<0x{token - FirstByte:X2}>",
        _ => $"piece{token}",
    };

    private static int TypeOf(int token) => token switch
    {
        0 => Unknown,
        < FirstByte => Control,
        < FirstByte + Bytes => SingleByte,
        _ => Normal,
    };

    private void Add(string name, int value) => Add(name, Whole, writer => writer.Write((uint)value));

    private void Add(string name, float value) => Add(name, Number, writer => writer.Write(value));

    private void Add(string name, string value) => Add(name, Text, writer => WriteText(writer, value));

    private void AddArray<T>(string name, uint type, T[] values, Action<BinaryWriter, T> write) => Add(name, Array, writer =>
    {
        writer.Write(type);
        writer.Write((ulong)values.Length);
        foreach (T value in values)
            write(writer, value);
    });

    private void Add(string name, uint type, Action<BinaryWriter> writeValue) => _metadata.Add(writer =>
    {
        WriteText(writer, name);
        writer.Write(type);
        writeValue(writer);
    });

    private void AddVector(string name, ReadOnlyMemory<float> elements) => _tensors.Add((name, [elements.Length], elements));

    private void AddMatrix(string name, ReadOnlyMemory<float> elements, int columns) =>
        _tensors.Add((name, [columns, elements.Length / columns], elements));

    private void Write(BinaryWriter writer)
    {
        writer.Write("GGUF"u8);
        writer.Write(3u);
        writer.Write((ulong)_tensors.Count);
        writer.Write((ulong)_metadata.Count);
        _metadata.ForEach(write => write(writer));
        long offset = 0;
        foreach ((string name, int[] dimensions, ReadOnlyMemory<float> elements) in _tensors)
        {
            WriteText(writer, name);
            writer.Write((uint)dimensions.Length);
            foreach (int dimension in dimensions)
                writer.Write((ulong)dimension);
            writer.Write(0u);
            writer.Write((ulong)offset);
            offset = Aligned(offset + ((long)elements.Length * sizeof(float)));
        }

        foreach ((_, _, ReadOnlyMemory<float> elements) in _tensors)
        {
            WritePadding(writer);
            writer.Write(MemoryMarshal.AsBytes(elements.Span));
        }

        WritePadding(writer);
    }

    private static void WriteText(BinaryWriter writer, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }

    private static void WritePadding(BinaryWriter writer)
    {
        writer.Flush();
        long position = writer.BaseStream.Position;
        writer.Write(new byte[Aligned(position) - position]);
    }

    private static long Aligned(long bytes) => (bytes + Alignment - 1) / Alignment * Alignment;
}
