namespace AttentionKernels.Samples.Architectures;

/// <summary>The families of Transformers: they differ in who attends to whom.</summary>
internal enum Family
{
    /// <summary>All tokens attend to all: embeddings, classification.</summary>
    Encoder,

    /// <summary>A token attends to itself and those before it: generation.</summary>
    Decoder,

    /// <summary>A decoder whose tokens attend to those of an encoder, too: translation.</summary>
    EncoderDecoder,
}

/// <summary>Thrown where a family cannot be run as the command line asks for.</summary>
internal sealed class FamilyUnavailableException(string message) : Exception(message)
{
    /// <summary>Checks that a model has a layer and a head.</summary>
    /// <param name="options">Which layer and head are to be shown.</param>
    /// <param name="layers">How many layers the model has.</param>
    /// <param name="heads">How many heads each has.</param>
    /// <exception cref="FamilyUnavailableException">There is no such layer or head.</exception>
    public static void Check(Options options, int layers, int heads)
    {
        if (options.Layer >= layers || options.Head >= heads)
            throw new FamilyUnavailableException($"--layer must be from 0 to {layers - 1}, --head from 0 to {heads - 1}.");
    }
}
