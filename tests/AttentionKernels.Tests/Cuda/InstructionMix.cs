using System.Globalization;

namespace AttentionKernels.Tests.Cuda;

/// <summary>How often a loop, or a whole kernel, has which instruction.</summary>
/// <param name="all">Its instructions.</param>
/// <param name="common">Those of the common path.</param>
internal sealed class InstructionMix(IEnumerable<string> all, IEnumerable<string> common)
{
    /// <summary>The instruction of the tensor cores.</summary>
    public const string TensorCore = "HMMA";

    /// <summary>The bytes of a wide access.</summary>
    public const int WideBytes = 16;

    // What only says where something is, or brings it to another register.
    private static readonly string[] _addresses =
        ["MOV", "UMOV", "IMAD", "IADD3", "LEA", "LOP3", "SHF", "UIMAD", "UIADD3", "ULEA", "ULOP3", "USHF", "S2R", "S2UR", "R2UR", "PRMT"];

    // Loads from and stores to a thread's own memory: spilled registers and arrays.
    private static readonly string[] _local = ["LDL", "STL"];

    // From global memory, to registers or at once to shared memory.
    private static readonly string[] _globalLoads = ["LDG", "LD", "LDGSTS"];

    private static readonly string[] _accesses = ["LDG", "LD", "LDGSTS", "STG", "ST", "LDS", "LDSM", "STS", "LDL", "STL"];

    private static readonly string[] _fp64 = ["DADD", "DMUL", "DFMA", "DSETP", "DMNMX"];

    // The sine and the cosine that are approximate, and halves of fp64 divisions and roots.
    private static readonly string[] _forbiddenFunctions = ["MUFU.SIN", "MUFU.COS", "MUFU.RCP64H", "MUFU.RSQ64H"];

    private readonly string[] _operations = [.. all];
    private readonly Dictionary<string, int> _common = Count(common);

    /// <summary>All instructions of the loop by name.</summary>
    public IReadOnlyDictionary<string, int> All => field ??= Count(_operations);

    /// <summary>How many.</summary>
    public int Total => _operations.Length;

    /// <summary>Products of matrices.</summary>
    public int Products => Of(TensorCore);

    /// <summary>Other instructions on the common path, without a skipped rescaling, per product.</summary>
    public double OthersPerProduct => (double)(_common.Values.Sum() - Products) / Products;

    /// <summary>Those of them that compute addresses and move registers, per product.</summary>
    public double AddressesPerProduct => (double)_common.Where(entry => _addresses.Contains(entry.Key)).Sum(entry => entry.Value) / Products;

    /// <summary>Loads from and stores to a thread's own memory.</summary>
    public int LocalAccesses => _local.Sum(Of);

    /// <summary>Bytes that a thread's loads from global memory bring.</summary>
    public int LoadedBytes => _operations.Where(IsGlobalLoad).Sum(Bytes);

    /// <summary>Those of them that come 16 at once.</summary>
    public int WideBytesLoaded => _operations.Where(operation => IsGlobalLoad(operation) && Bytes(operation) == WideBytes).Sum(Bytes);

    /// <summary>Bytes that a thread stores to global memory.</summary>
    public int StoredBytes => _operations.Where(operation => Name(operation) is "STG" or "ST").Sum(Bytes);

    /// <summary>The loads and stores of a thread: which instruction, how many bytes at once, how often.</summary>
    public IEnumerable<(string Name, int Bytes, int Count)> Accesses =>
        _operations.Where(operation => _accesses.Contains(Name(operation)))
            .GroupBy(operation => (Name: Name(operation), Bytes: Bytes(operation)))
            .Select(group => (group.Key.Name, group.Key.Bytes, group.Count()))
            .OrderBy(access => Array.IndexOf(_accesses, access.Name)).ThenByDescending(access => access.Bytes);

    /// <summary>What has no place in a kernel of fp32 numbers: arithmetic of fp64, and approximate sines.</summary>
    public IEnumerable<string> Forbidden =>
        _operations.Where(operation => _fp64.Contains(Name(operation)) || _forbiddenFunctions.Any(function => operation.StartsWith(function, StringComparison.Ordinal)));

    /// <summary>How often there is an instruction.</summary>
    public int Of(string name) => All.GetValueOrDefault(name);

    /// <summary>The figures and the counts, for a report.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Products} {TensorCore}, others {OthersPerProduct:F3}, addresses and moves {AddressesPerProduct:F3} each: {Counts()}");

    private static bool IsGlobalLoad(string operation) => _globalLoads.Contains(Name(operation));

    private static string Name(string operation) => operation.Split('.')[0];

    // The width is one of the suffixes; 4 bytes have none.
    private static int Bytes(string operation)
    {
        foreach (string suffix in operation.Split('.').Skip(1))
        {
            int bytes = suffix switch { "U8" or "S8" => 1, "U16" or "S16" => 2, "64" => 8, "128" => WideBytes, "M88" or "MT88" => FragmentBytes(operation), _ => 0 };
            if (bytes > 0)
                return bytes;
        }

        return 4;
    }

    // Each matrix is a register.
    private static int FragmentBytes(string operation) => operation.EndsWith(".4", StringComparison.Ordinal) ? WideBytes : operation.EndsWith(".2", StringComparison.Ordinal) ? 8 : 4;

    private static Dictionary<string, int> Count(IEnumerable<string> operations) =>
        operations.GroupBy(Name).ToDictionary(group => group.Key, group => group.Count());

    private string Counts() =>
        string.Join(", ", _common.OrderByDescending(entry => entry.Value).ThenBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => $"{entry.Key} {entry.Value}"));
}
