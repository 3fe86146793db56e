using AttentionKernels.Samples.Llama;

namespace AttentionKernels.Samples.Architectures.Encoder;

/// <summary>Sentences one behind the other on a device, without padding.</summary>
internal sealed class SentenceBatch : IDisposable
{
    private readonly Resources resources = new();

    /// <summary>Copies tokens to a device.</summary>
    /// <param name="device">The device.</param>
    /// <param name="sentences">The tokens of each.</param>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    public SentenceBatch(AttentionDevice device, IReadOnlyList<int[]> sentences)
    {
        var offsets = new int[sentences.Count + 1];
        for (int sentence = 0; sentence < sentences.Count; sentence++)
            offsets[sentence + 1] = offsets[sentence] + sentences[sentence].Length;
        Count = offsets[^1];
        try
        {
            Tokens = Upload(device, [.. sentences.SelectMany(sentence => sentence)]);
            Positions = Upload(device, [.. sentences.SelectMany(sentence => Enumerable.Range(0, sentence.Length))]);
            Offsets = Upload(device, offsets);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>How many tokens there are.</summary>
    public int Count { get; }

    /// <summary>[tokens].</summary>
    public Tensor<int> Tokens { get; }

    /// <summary>Where each token stands in its sentence: [tokens].</summary>
    public Tensor<int> Positions { get; }

    /// <summary>Where each sentence begins, and where the last one ends: [sentences + 1].</summary>
    public Tensor<int> Offsets { get; }

    /// <summary>Waits for what is under way and frees the memory.</summary>
    public void Dispose() => resources.Dispose();

    private Tensor<int> Upload(AttentionDevice device, int[] numbers) => resources.Add(device.Upload(numbers, [numbers.Length]));
}
