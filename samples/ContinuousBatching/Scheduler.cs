namespace AttentionKernels.Samples.ContinuousBatching;

/// <summary>What becomes of a running request when pages run out.</summary>
internal enum Preemption
{
    /// <summary>Its pages go to host memory, and come back when there is room; without room there, it is computed anew.</summary>
    Swap,

    /// <summary>Its pages are given up. Later its prompt is computed anew, and its generated tokens one by one, as they were at first.</summary>
    Recompute,
}

/// <summary>A request's part in a step.</summary>
/// <param name="Request">The request.</param>
/// <param name="Count">How many of its tokens are computed.</param>
internal readonly record struct Work(Request Request, int Count);

/// <summary>Decides, step by step, which requests run, and finds room for their tokens.</summary>
/// <remarks>
/// Kwon et al., "Efficient memory management for large language model serving with PagedAttention", 2023: first come, first served; the
/// request that came last makes room. Every running request that has its prompt behind it gets a token a step; what is left of the
/// token budget goes to prompts, chunk by chunk (Agrawal et al., "Sarathi-Serve", 2024).
/// </remarks>
internal sealed class Scheduler
{
    private readonly PagedKeyValueCache cache;
    private readonly ServerOptions options;
    private readonly ComputeBlocks blocks;
    private readonly Queue<Request> arriving;
    private readonly LinkedList<Request> waiting = [];
    private readonly List<Request> running = [];
    private readonly Stack<int> freeRows;

    /// <summary>Takes requests.</summary>
    /// <param name="cache">The cache.</param>
    /// <param name="options">How much a step may take.</param>
    /// <param name="blocks">How prompts are cut into chunks.</param>
    /// <param name="requests">The requests.</param>
    public Scheduler(PagedKeyValueCache cache, ServerOptions options, ComputeBlocks blocks, IEnumerable<Request> requests)
    {
        this.cache = cache;
        this.options = options;
        this.blocks = blocks;
        arriving = new Queue<Request>(requests.OrderBy(request => request.Arrival));
        freeRows = new Stack<int>(Enumerable.Range(0, options.MaximumRunning).Reverse());
    }

    /// <summary>The requests that have pages on the device.</summary>
    public IReadOnlyList<Request> Running => running;

    /// <summary>Requests that wait.</summary>
    public int Waiting => waiting.Count;

    /// <summary>Whether there is nothing left to do.</summary>
    public bool IsDone => arriving.Count + waiting.Count + running.Count == 0;

    /// <summary>Prompt tokens of admitted requests.</summary>
    public long PromptTokens { get; private set; }

    /// <summary>Prompt tokens that others had computed.</summary>
    public long SharedTokens { get; private set; }

    /// <summary>How often requests had to make room.</summary>
    public int Preemptions { get; private set; }

    /// <summary>Plans a step: every part of it has its pages. Parts come in the order of their rows.</summary>
    public List<Work> Next(int step)
    {
        while (arriving.TryPeek(out Request? request) && request.Arrival <= step)
            waiting.AddLast(arriving.Dequeue());
        List<Work> work = [];
        int budget = options.TokensPerStep;
        int preemptions = Preemptions;

        // Tokens behind prompts first: they are few, and someone reads along.
        foreach (Request request in running.Where(IsGenerating).Concat(running.Where(request => !IsGenerating(request))).ToArray())
            Add(request);
        // Who had to make room a moment ago would only be in the way again.
        while (Preemptions == preemptions && waiting.First is { Value: var next } && TryAdmit(next, budget))
        {
            waiting.RemoveFirst();
            Add(next);
        }
        return [.. work.OrderBy(part => part.Request.Row)];

        void Add(Request request)
        {
            if (request.Row < 0 || blocks.Next(request, budget) is not (> 0 and int count) || !FindRoom(request, count, work))
                return;
            Extend(request, count);
            work.Add(new Work(request, count));
            budget -= count;
        }
    }

    /// <summary>Takes note of a finished request.</summary>
    public void Finish(Request request) => Release(request);

    private static bool IsGenerating(Request request) => request.Computed >= request.PromptLength;

    // Prefix caching reuses pages of whole blocks. Other tokens, those of a prompt behind its last whole block and generated ones, were
    // computed in another order: their keys have other bits than in a prompt that goes on.
    private void Extend(Request request, int count)
    {
        if (request.Computed < blocks.Whole(request.PromptLength))
            request.Sequence!.Extend([.. request.Tokens.Skip(request.Computed).Take(count)]);
        else
            request.Sequence!.Extend(count);
    }

    /// <summary>Makes room for new tokens, if need be by preempting the requests that came last.</summary>
    /// <returns>Whether there is room; otherwise the request itself had to go.</returns>
    private bool FindRoom(Request request, int count, List<Work> work)
    {
        while (request.Sequence!.PagesToExtend(count) > cache.Allocator.AvailablePages)
        {
            Request last = running[^1];
            // What is in this step already came before, or has its pages for it.
            if (work.Any(part => part.Request == last))
                last = request;
            Preempt(last);
            if (last == request)
                return false;
        }
        return true;
    }

    private void Preempt(Request request)
    {
        Preemptions++;
        request.Preemptions++;
        CachedSequence sequence = request.Sequence!;
        if (options.Preemption == Preemption.Swap && cache.HostAllocator.AvailablePages >= sequence.Pages.Length)
        {
            sequence.SwapOut();
            running.Remove(request);
            freeRows.Push(request.Row);
            request.Row = -1;
        }
        else
        {
            Release(request);
            request.Computed = 0;
        }
        waiting.AddFirst(request);
    }

    private void Release(Request request)
    {
        request.Sequence!.Dispose();
        request.Sequence = null;
        running.Remove(request);
        freeRows.Push(request.Row);
        request.Row = -1;
    }

    private bool TryAdmit(Request request, int budget)
    {
        if (freeRows.Count == 0 || blocks.Next(request, budget) == 0)
            return false;
        int pageSize = cache.Options.PageSize;
        int tokens = Math.Min(Math.Max(request.Computed, request.PromptLength) + 1, request.MaximumLength);
        int pages = (tokens + pageSize - 1) / pageSize;
        // The first one may take what there is: it must be able to run.
        if (running.Count > 0 ? !cache.Allocator.CanAllocate(pages) : cache.Allocator.AvailablePages < pages)
            return false;
        if (request.Sequence is { } swapped)
        {
            swapped.SwapIn();
        }
        else
        {
            CachedSequence sequence = cache.Start([.. request.Tokens.Take(request.PromptLength)]);
            sequence.Truncate(blocks.Whole(sequence.Length));
            request.Sequence = sequence;
            request.Computed = sequence.Length;

            // Who comes back finds pages of its own: that is no sharing.
            if (request.Preemptions == 0)
            {
                PromptTokens += request.PromptLength;
                SharedTokens += sequence.Length;
            }
        }
        request.Row = freeRows.Pop();
        running.Add(request);
        return true;
    }
}
