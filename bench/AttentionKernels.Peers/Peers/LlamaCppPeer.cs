using AttentionKernels.Peers.Models;
using AttentionKernels.Peers.Operations;
using AttentionKernels.Samples.Llama;
using LLama.Exceptions;
using LLama.Native;

namespace AttentionKernels.Peers.Peers;

/// <summary>llama.cpp on the processor, by LLamaSharp: whole models alone.</summary>
internal sealed class LlamaCppPeer : IPeer, IDisposable
{
    private readonly int _threads;
    private readonly Dictionary<Checkpoint, FileInfo> _files = [];

    /// <summary>Loads the native library. Models take as many threads as asked for.</summary>
    public LlamaCppPeer(int threads)
    {
        _threads = threads;
        try
        {
            NativeLibraryConfig.All.WithLogCallback((level, message) =>
            {
                if (level == LLamaLogLevel.Error)
                    Console.Error.Write($"llama.cpp: {message}");
            });
            NativeApi.llama_max_devices();
        }
        catch (Exception exception) when (exception is RuntimeError or TypeInitializationException or DllNotFoundException)
        {
            Unavailable = (exception.InnerException ?? exception).Message.ReplaceLineEndings(" ");
        }
    }

    /// <inheritdoc/>
    public string Name => "llama.cpp";

    /// <inheritdoc/>
    public string? Unavailable { get; }

    /// <inheritdoc/>
    public IEnumerable<Way> Ways(IOperation operation) => operation is ModelOperation model
        ? [new("fp32", () => new ModelRun(new LlamaCppModel(FileOf(model.Checkpoint), model.Positions, _threads), model))]
        : [];

    /// <summary>Deletes the files.</summary>
    public void Dispose()
    {
        foreach (FileInfo file in _files.Values)
            file.Delete();
    }

    // The same weights in the format that it reads.
    private FileInfo FileOf(Checkpoint model)
    {
        if (!_files.TryGetValue(model, out FileInfo? file))
        {
            file = new FileInfo(Path.Combine("artifacts", "peers", $"{Environment.ProcessId}-{_files.Count}.gguf"));
            _files.Add(model, file);
            GgufFile.Write(file, model);
        }

        return file;
    }
}
