using System.Diagnostics;
using System.Numerics.Tensors;
using AttentionKernels.Samples.Llama;

namespace AttentionKernels.Samples.ContinuousBatching;

/// <summary>How a server works.</summary>
internal sealed record ServerOptions
{
    /// <summary>Pages of the cache.</summary>
    public required int Pages { get; init; }

    /// <summary>Tokens of a page.</summary>
    public int PageSize { get; init; } = 8;

    /// <summary>The most requests that run at once.</summary>
    public int MaximumRunning { get; init; } = 16;

    /// <summary>The most tokens of a step.</summary>
    public int TokensPerStep { get; init; } = 256;

    /// <summary>What becomes of a running request when pages run out.</summary>
    public Preemption Preemption { get; init; }

    /// <summary>Whether requests share the pages of common prefixes.</summary>
    public bool SharesPrefixes { get; init; } = true;
}

/// <summary>Serves many requests with one model: requests come and go, and all that run at a moment go through the layers together.</summary>
/// <remarks>
/// Yu et al., "Orca: A distributed serving system for transformer-based generative models", 2022. A step is a plan of the
/// <see cref="Scheduler"/>, a pass of its tokens through the layers, and a token for every request whose known tokens are all computed.
/// With the library's batch-invariant reduction a request gets exactly the tokens that it gets alone.
/// </remarks>
internal sealed class Server : IDisposable
{
    private readonly Decoder decoder;
    private readonly ServerOptions options;
    private readonly ComputeBlocks blocks;
    private readonly Resources resources = new();
    private readonly PagedKeyValueCache cache;
    private readonly PagedBatch batch;
    private readonly Activations activations;
    private readonly Tensor<int> lastTokens;
    private readonly Tensor<float> lastRows;
    private readonly Tensor<float> logits;
    private readonly float[] hostLogits;

    /// <summary>Allocates the cache and what a step needs.</summary>
    /// <exception cref="ArgumentException">A step is too short for a block of a prompt.</exception>
    /// <exception cref="DeviceMemoryException">The device has not enough memory.</exception>
    public Server(Decoder decoder, ServerOptions options)
    {
        this.decoder = decoder;
        this.options = options;
        AttentionDevice device = decoder.Device;
        ModelShape shape = decoder.Shape;
        blocks = ComputeBlocks.For(shape.Heads, shape.KeyValueHeads, options.PageSize);
        if (options.TokensPerStep < options.MaximumRunning + blocks.Length)
        {
            throw new ArgumentException(
                $"A step has {options.TokensPerStep} tokens (--tokens-per-step); with {options.MaximumRunning} running requests (--running) and blocks of {blocks.Length} tokens it must have at least {options.MaximumRunning + blocks.Length}.");
        }

        hostLogits = new float[options.MaximumRunning * shape.Vocabulary];
        try
        {
            cache = resources.Add(new PagedKeyValueCache(device, new CacheOptions
            {
                Pages = options.Pages,
                PageSize = options.PageSize,
                Layers = shape.Layers,
                KeyValueHeads = shape.KeyValueHeads,
                HeadDimension = shape.HeadDimension,
                SharesPrefixes = options.SharesPrefixes,
                Watermark = Math.Min(options.Pages, options.MaximumRunning / 2),
                HostPages = options.Preemption == Preemption.Swap ? options.Pages : 0,
            }));
            batch = resources.Add(new PagedBatch(
                device, shape, cache, decoder.Rotary, options.MaximumRunning, options.TokensPerStep,
                new AttentionOptions { Reduction = Reduction.BatchInvariant }));
            activations = resources.Add(new Activations(device, shape, options.TokensPerStep));
            lastTokens = resources.Add(device.Allocate<int>([options.MaximumRunning]));
            lastRows = resources.Add(device.Allocate<float>([options.MaximumRunning, shape.Dimension]));
            logits = resources.Add(device.Allocate<float>([options.MaximumRunning, shape.Vocabulary]));
        }
        catch
        {
            resources.Dispose();
            throw;
        }
    }

    /// <summary>Pages that requests have on the device or in host memory; none between runs.</summary>
    public int UsedPages => cache.Allocator.UsedPages + cache.HostAllocator.UsedPages;

    /// <summary>Serves requests until all are done.</summary>
    /// <exception cref="ArgumentException">A request can never have its pages, or is longer than the model's sequences.</exception>
    public ServingRecord Run(IReadOnlyCollection<Request> requests)
    {
        foreach (Request request in requests)
            Check(request);
        Scheduler scheduler = new(cache, options, blocks, requests);
        ServingRecord record = new(options);
        long start = Stopwatch.GetTimestamp();
        try
        {
            for (int step = 0; !scheduler.IsDone; step++)
            {
                List<Work> work = scheduler.Next(step);
                record.Add(step, work, scheduler, cache);
                if (work.Count > 0)
                    Advance(work, scheduler);
            }
        }
        finally
        {
            // None has pages left, unless a step failed.
            foreach (Request request in requests)
                request.Sequence?.Dispose();
        }

        record.Finish(Stopwatch.GetElapsedTime(start), requests, scheduler);
        return record;
    }

    /// <summary>Frees the memory; model and device stay.</summary>
    public void Dispose() => resources.Dispose();

    private void Check(Request request)
    {
        int pages = (request.MaximumLength + options.PageSize - 1) / options.PageSize;
        if (pages > options.Pages)
        {
            throw new ArgumentException(
                $"Request {request.Number} may have {request.MaximumLength} tokens, which need {pages} pages of {options.PageSize}; the cache has {options.Pages}.");
        }
        if (request.MaximumLength > decoder.Shape.MaximumPositions)
        {
            throw new ArgumentException(
                $"Request {request.Number} may have {request.MaximumLength} tokens; the model's sequences have at most {decoder.Shape.MaximumPositions}.");
        }
    }

    private void Advance(List<Work> work, Scheduler scheduler)
    {
        activations.Count = work.Sum(part => part.Count);
        activations.Tokens.CopyFrom([.. work.SelectMany(part => part.Request.Tokens.Skip(part.Request.Computed).Take(part.Count))]);
        batch.Begin([.. work.Select(part => new SequenceStep(part.Request.Row, part.Request.Sequence!, part.Count))]);
        decoder.Forward(activations, batch);

        List<Request> behind = [];
        List<int> last = [];
        int token = 0;
        foreach ((Request request, int count) in work)
        {
            token += count;
            request.Computed += count;
            request.Sequence!.Commit();
            if (request.Computed < request.Tokens.Count)
                continue;
            behind.Add(request);
            last.Add(token - 1);
        }
        if (behind.Count > 0)
            Choose(behind, last);
        // The next step writes what this one reads.
        decoder.Device.Synchronize();
        foreach (Request request in behind)
        {
            if (request.Tokens[^1] == Tokenizer.BeginningOfSequence || request.Tokens.Count - request.PromptLength == request.MaximumTokens)
                scheduler.Finish(request);
        }
    }

    /// <summary>Adds to each request the likeliest token behind a row of the pass.</summary>
    private void Choose(List<Request> requests, List<int> rows)
    {
        int count = requests.Count;
        int vocabulary = decoder.Shape.Vocabulary;
        lastTokens.Slice(0, 0, count).CopyFrom([.. rows]);
        decoder.Device.EmbeddingLookup(activations.Normalized, lastTokens.Slice(0, 0, count), lastRows.Slice(0, 0, count));
        decoder.Classify(lastRows.Slice(0, 0, count), logits.Slice(0, 0, count));
        logits.Slice(0, 0, count).CopyTo(hostLogits.AsSpan(0, count * vocabulary));
        for (int index = 0; index < count; index++)
            requests[index].Add(TensorPrimitives.IndexOfMax<float>(hostLogits.AsSpan(index * vocabulary, vocabulary)));
    }
}
