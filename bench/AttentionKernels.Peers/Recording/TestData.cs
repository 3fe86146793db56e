using System.Runtime.InteropServices;
using AttentionKernels.Oracle;
using AttentionKernels.Oracle.PyTorch;
using AttentionKernels.Peers.Peers;

namespace AttentionKernels.Peers.Recording;

/// <summary>What peers compute once, for tests to compare with.</summary>
/// <param name="Embeddings">Where the embeddings of the tests' sentences by ONNX Runtime go, if anywhere.</param>
/// <param name="PyTorch">Where PyTorch's norms and attention go, if anywhere.</param>
internal sealed record TestData(FileInfo? Embeddings, FileInfo? PyTorch)
{
    /// <summary>Whether anything is to be recorded.</summary>
    public bool IsWanted => Embeddings is not null || PyTorch is not null;

    /// <summary>Writes the files.</summary>
    /// <returns>The exit code: 1 where a peer does not load, which standard error tells.</returns>
    public int Record()
    {
        string? embeddings = Embeddings is null ? null : RecordEmbeddings(Embeddings);
        string? results = PyTorch is null ? null : RecordPyTorch(PyTorch);
        string[] failures = [.. new[] { embeddings, results }.OfType<string>()];
        foreach (string failure in failures)
            Console.Error.WriteLine(failure);
        return failures.Length > 0 ? 1 : 0;
    }

    // Returns why it cannot.
    private static string? RecordEmbeddings(FileInfo file)
    {
        using var onnx = new OnnxPeer(Environment.ProcessorCount);
        if (onnx.Unavailable is { } reason)
            return $"{onnx.Name}: {reason}";
        Half[] embeddings = [.. onnx.Embed(SentenceData.All).Select(number => (Half)number)];
        File.WriteAllBytes(file.FullName, MemoryMarshal.AsBytes<Half>(embeddings).ToArray());
        return null;
    }

    // Returns why it cannot.
    private static string? RecordPyTorch(FileInfo file)
    {
        if (NativeLibraryProbe.WhyNot("LibTorchSharp", typeof(TorchSharp.torch).Assembly) is { } reason)
            return $"TorchSharp: {reason}";

        // With more threads, sums would depend on how many there are.
        TorchSharp.torch.set_num_threads(1);
        PyTorchResults.Write(
            file.FullName,
            [.. PyTorchCases.Norms.SelectMany(TorchNorms.Compute), .. PyTorchCases.Attention.Select(TorchAttention.Compute)]);
        return null;
    }
}
