using AttentionKernels.KeyValueCache;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.KeyValueCache;

/// <summary>
/// 100,000 random operations on sequences of a small pool against a plain model, in which a sequence is a list of numbers. After each,
/// every sequence holds what the model says, and pages are owned by whom the sequences say.
/// </summary>
[Trait("Speed", "Quick")]
public class PagePoolModelTests
{
    private const int Pages = 24;
    private const int HostPages = 10;
    private const int PageSize = 4;
    private const int Operations = 100_000;
    private const int MaximumSequences = 8;

    private readonly RecordedPages _memory = new(Pages, HostPages, PageSize);
    private readonly List<(CachedSequence Sequence, List<int> Tokens)> _sequences = [];
    private readonly Dictionary<string, int> _done = [];
    private readonly PagePool _pool;
    private readonly Random _random = new(1);
    private int _evicted;

    public PagePoolModelTests() =>
        _pool = new PagePool(Pages, PageSize, HostPages, 0, sharesPrefixes: true, _memory, page =>
        {
            _pool!.Allocator.References(page).Should().Be(0);
            _memory.PoisonPage(page);
            _evicted++;
        });

    [Fact]
    public void Random_operations_never_diverge_from_the_model()
    {
        for (int operation = 0; operation < Operations; operation++)
        {
            string name = Step();
            _done[name] = _done.GetValueOrDefault(name) + 1;
            Verify(name, operation);
        }

        foreach ((CachedSequence sequence, _) in _sequences)
            sequence.Dispose();
        (_pool.Allocator.UsedPages, _pool.HostAllocator.FreePages).Should().Be((0, HostPages));
        _pool.Allocator.AvailablePages.Should().Be(Pages);
        _evicted.Should().BeGreaterThan(1000);
        _pool.Prefixes!.Statistics.HitTokens.Should().BeGreaterThan(1000);
        string[] seen =
        [
            "start", "extend", "fork", "write", "truncate", "free", "swap out", "swap in",
            "append", "store anew", "extend refused", "append refused", "swap out refused", "swap in refused",
        ];
        foreach (string name in seen)
            _done[name].Should().BeGreaterThan(100, "'{0}' is to happen often", name);
    }

    private string Step()
    {
        if (_sequences.Count == 0 || (_random.Next(8) == 0 && _sequences.Count < MaximumSequences))
            return Start();
        int index = _random.Next(_sequences.Count);
        (CachedSequence sequence, List<int> tokens) = _sequences[index];
        if (sequence.IsSwappedOut)
            return _random.Next(8) == 0 ? Free(index) : Try("swap in", sequence, tokens, () => sequence.SwapIn());
        switch (_random.Next(14))
        {
            case < 5:
                // Few different numbers, so that beginnings meet again.
                int[] added = [.. Enumerable.Range(0, _random.Next(1, 7)).Select(_ => _random.Next(2))];
                bool known = _random.Next(10) > 0;
                return Try("extend", sequence, tokens, () => Extend(sequence, tokens, added, known));
            case 5 when _sequences.Count < MaximumSequences:
                _sequences.Add((sequence.Fork(), [.. tokens]));
                return "fork";
            case 6 when tokens.Count > 0:
                int place = _random.Next(tokens.Count);
                return Try("write", sequence, tokens, () =>
                {
                    sequence.Write(place);
                    tokens[place] = _memory[sequence.Slot(place)] = 100 + _random.Next(10);
                });
            case 7:
                int length = _random.Next(tokens.Count + 1);
                sequence.Truncate(length);
                tokens.RemoveRange(length, tokens.Count - length);
                return "truncate";
            case 8 or 9:
                return Try("swap out", sequence, tokens, () => sequence.SwapOut());
            case 10:
                return Free(index);
            case 11:
                return Try("append", sequence, tokens, () => Append(sequence, tokens));
            case 12 when sequence.Committed > 0 && _random.Next(4) == 0:
                return Try("store anew", sequence, tokens, () => StoreAnew(sequence, tokens));
            default:
                sequence.Commit();
                return "commit";
        }
    }

    private string Start()
    {
        int[] prompt = [.. Enumerable.Range(0, _random.Next(14)).Select(_ => _random.Next(2))];
        var sequence = new CachedSequence(_pool, []);
        sequence.Begin(prompt);
        _sequences.Add((sequence, [.. prompt[..sequence.Length]]));
        return "start";
    }

    private string Free(int index)
    {
        _sequences[index].Sequence.Dispose();
        _sequences.RemoveAt(index);
        return "free";
    }

    private void Extend(CachedSequence sequence, List<int> tokens, int[] added, bool known)
    {
        if (known)
            sequence.Extend((ReadOnlySpan<int>)added);
        else
            sequence.Extend(added.Length);
        for (int token = 0; token < added.Length; token++)
            _memory[sequence.Slot(tokens.Count + token)] = added[token];
        tokens.AddRange(added);
        if (_random.Next(2) == 0)
            sequence.Commit();
    }

    // As the layers of a step do: the tokens that are there are the same, and others may follow.
    private void Append(CachedSequence sequence, List<int> tokens)
    {
        int first = _random.Next(2) == 0 ? tokens.Count : _random.Next(tokens.Count + 1);
        Store(sequence, tokens, first, [.. tokens.Skip(first), .. Enumerable.Range(0, _random.Next(6)).Select(_ => _random.Next(2))]);
    }

    // Other rows of tokens that others find: those from there on are not found any more.
    private void StoreAnew(CachedSequence sequence, List<int> tokens)
    {
        int first = _random.Next(sequence.Committed);
        Store(sequence, tokens, first, [.. Enumerable.Range(0, _random.Next(1, tokens.Count - first + 1)).Select(_ => 200 + _random.Next(10))]);
    }

    private void Store(CachedSequence sequence, List<int> tokens, int first, int[] rows)
    {
        sequence.Reserve(first, rows.Length, null);
        for (int row = 0; row < rows.Length; row++)
            _memory[sequence.Slot(first + row)] = rows[row];
        tokens.RemoveRange(first, Math.Min(rows.Length, tokens.Count - first));
        tokens.InsertRange(first, rows);
    }

    // What is refused has no effect.
    private string Try(string name, CachedSequence sequence, List<int> tokens, Action operation)
    {
        (int free, int available, int hostFree) = (_pool.Allocator.FreePages, _pool.Allocator.AvailablePages, _pool.HostAllocator.FreePages);
        (int length, int count, bool swapped) = (sequence.Length, sequence.Pages.Length, sequence.IsSwappedOut);
        try
        {
            operation();
            return name;
        }
        catch (CacheCapacityException)
        {
            (_pool.Allocator.FreePages, _pool.Allocator.AvailablePages, _pool.HostAllocator.FreePages).Should().Be((free, available, hostFree));
            (sequence.Length, sequence.Pages.Length, sequence.IsSwappedOut).Should().Be((length, count, swapped));
            tokens.Count.Should().Be(length);
            return $"{name} refused";
        }
    }

    private void Verify(string name, int operation)
    {
        Span<int> references = stackalloc int[Pages];
        int hostPages = 0;
        foreach ((CachedSequence sequence, List<int> tokens) in _sequences)
        {
            if (sequence.Length != tokens.Count)
                Assert.Fail($"After operation {operation}, {name}, a sequence has {sequence.Length} tokens; it must have {tokens.Count}.");
            if (sequence.IsSwappedOut)
            {
                hostPages += (tokens.Count + PageSize - 1) / PageSize;
                continue;
            }

            if (sequence.Pages.Length != (tokens.Count + PageSize - 1) / PageSize)
                Assert.Fail($"After operation {operation}, {name}, {tokens.Count} tokens have {sequence.Pages.Length} pages.");
            foreach (int page in sequence.Pages)
                references[page]++;
            for (int token = 0; token < tokens.Count; token++)
            {
                if (_memory[sequence.Slot(token)] != tokens[token])
                    Assert.Fail($"After operation {operation}, {name}, token {token} is {_memory[sequence.Slot(token)]}; it must be {tokens[token]}.");
            }
        }

        int used = 0;
        for (int page = 0; page < Pages; page++)
        {
            used += references[page] > 0 ? 1 : 0;
            if (references[page] != _pool.Allocator.References(page))
                Assert.Fail($"After operation {operation}, {name}, page {page} has {_pool.Allocator.References(page)} references; {references[page]} sequences hold it.");
        }

        if (used != _pool.Allocator.UsedPages || hostPages != HostPages - _pool.HostAllocator.FreePages)
            Assert.Fail($"After operation {operation}, {name}, {_pool.Allocator.UsedPages} pages are in use; {used} must be.");
    }
}
