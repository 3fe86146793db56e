using System.Diagnostics;

namespace AttentionKernels.Samples.Llama;

/// <summary>A model that reads tokens one after another and says which may come next.</summary>
internal interface ILanguageModel
{
    /// <summary>The most tokens that a sequence may have.</summary>
    int MaximumPositions { get; }

    /// <summary>Begins a sequence with these tokens.</summary>
    void Prefill(ReadOnlySpan<int> tokens);

    /// <summary>Adds one token to the sequence.</summary>
    void Decode(int token);

    /// <summary>The token with the largest logit behind the sequence; of equal ones, the first.</summary>
    int LikeliestToken();

    /// <summary>The logit of every token behind the sequence. Valid until the next call of any method.</summary>
    ReadOnlySpan<float> Logits();
}

/// <summary>Some tokens, and the time that the model took for them.</summary>
internal readonly record struct Throughput(int Tokens, TimeSpan Time)
{
    /// <summary>The figure for a reader: tokens, milliseconds and tokens per second.</summary>
    public override string ToString() => Tokens == 0
        ? "0 tokens"
        : $"{Tokens} tokens in {Time.TotalMilliseconds:0.0} ms, {Tokens / Time.TotalSeconds:0.0} tokens/s";
}

/// <summary>Continues a prompt.</summary>
internal sealed class Generation(ILanguageModel model, Tokenizer tokenizer, Sampler sampler)
{
    /// <summary>The prompt's tokens, all in one call. The first call on a device includes the compilation of kernels.</summary>
    public Throughput Prefill { get; private set; }

    /// <summary>The tokens behind the prompt, one call each.</summary>
    public Throughput Decode { get; private set; }

    /// <summary>Writes the prompt and its continuation, each token as soon as it is known.</summary>
    /// <param name="prompt">The text to continue.</param>
    /// <param name="steps">The most positions to process. The token behind the last of them is written as well.</param>
    /// <param name="output">Takes the text in UTF-8. A write may end within a character.</param>
    /// <exception cref="InvalidDataException">The prompt has more tokens than <paramref name="steps"/>; nothing is written.</exception>
    public void Write(string prompt, int steps, Stream output)
    {
        int[] promptTokens = tokenizer.Encode(prompt);
        if (promptTokens.Length > steps)
            throw new InvalidDataException($"The prompt has {promptTokens.Length} tokens and {steps} steps are to be taken; each token of the prompt takes one.");
        int token = promptTokens[0];
        for (int position = 1; position <= steps; position++)
        {
            int next = position < promptTokens.Length ? promptTokens[position] : Advance(promptTokens, position, token);
            if (next == Tokenizer.BeginningOfSequence)
                break;
            output.Write(tokenizer.Decode(token, next));
            output.Flush();
            token = next;
        }
    }

    /// <summary>The token behind a position: once behind the whole prompt, from then on behind the token just written.</summary>
    private int Advance(int[] promptTokens, int position, int token)
    {
        // A device may still be at work when a call returns; to choose a token, it must have ended.
        long start = Stopwatch.GetTimestamp();
        if (position == promptTokens.Length)
        {
            model.Prefill(promptTokens);
            int first = sampler.Choose(model);
            Prefill = new Throughput(promptTokens.Length, Stopwatch.GetElapsedTime(start));
            return first;
        }
        model.Decode(token);
        int next = sampler.Choose(model);
        Decode = new Throughput(Decode.Tokens + 1, Decode.Time + Stopwatch.GetElapsedTime(start));
        return next;
    }
}
