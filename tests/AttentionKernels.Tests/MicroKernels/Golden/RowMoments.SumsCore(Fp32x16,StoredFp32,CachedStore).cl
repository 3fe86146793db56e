{
    // RowMoments.SumsCore<Fp32x16, StoredFp32, CachedStore>
    global float* row = (global float*)var0;
    const float scale = var1;
    const float center = var2;
    const int count = var3;
    float16 sum = 0.0f, sumError = 0.0f, squares = 0.0f, squaresError = 0.0f;
    int i = 0;
    while (i + 64 <= count) {
        float16 s0 = 0.0f, q0 = 0.0f;
        float16 s1 = 0.0f, q1 = 0.0f;
        float16 s2 = 0.0f, q2 = 0.0f;
        float16 s3 = 0.0f, q3 = 0.0f;
        const int end = min(count - 64, i + 960);
        for (; i <= end; i += 64) {
            { const float16 d = fma(vload16(0, row + (i + 0)), (float16)scale, (float16)-center); s0 = s0 + d; q0 = fma(d, d, q0); }
            { const float16 d = fma(vload16(0, row + (i + 16)), (float16)scale, (float16)-center); s1 = s1 + d; q1 = fma(d, d, q1); }
            { const float16 d = fma(vload16(0, row + (i + 32)), (float16)scale, (float16)-center); s2 = s2 + d; q2 = fma(d, d, q2); }
            { const float16 d = fma(vload16(0, row + (i + 48)), (float16)scale, (float16)-center); s3 = s3 + d; q3 = fma(d, d, q3); }
        }
        {
            const float16 term = (s0 + s1) + (s2 + s3), next = sum + term, added = next - sum;
            sumError = sumError + ((sum - (next - added)) + (term - added));
            sum = next;
        }
        {
            const float16 term = (q0 + q1) + (q2 + q3), next = squares + term, added = next - squares;
            squaresError = squaresError + ((squares - (next - added)) + (term - added));
            squares = next;
        }
    }
    for (; i + 16 <= count; i += 16) {
        { const float16 d = fma(vload16(0, row + (i)), (float16)scale, (float16)-center); sumError = sumError + d; squaresError = fma(d, d, squaresError); }
    }
    float tail = 0.0f, tailSquares = 0.0f;
    for (; i < count; i++) { const float d = fma((row)[i], (float)scale, (float)-center); tail = tail + d; tailSquares = fma(d, d, tailSquares); }
    {
        float total, error;
        { const float8 h16 = sum.lo + sum.hi; { const float4 h8 = h16.lo + h16.hi; { const float2 h4 = h8.lo + h8.hi; total = (h4.x + h4.y) + 0.0f; } } }
        { const float8 h16 = sumError.lo + sumError.hi; { const float4 h8 = h16.lo + h16.hi; { const float2 h4 = h8.lo + h8.hi; error = (h4.x + h4.y) + tail; } } }
        var4.field_0 = fabs(total) > FLT_MAX ? total : total + error;
    }
    {
        float total, error;
        { const float8 h16 = squares.lo + squares.hi; { const float4 h8 = h16.lo + h16.hi; { const float2 h4 = h8.lo + h8.hi; total = (h4.x + h4.y) + 0.0f; } } }
        { const float8 h16 = squaresError.lo + squaresError.hi; { const float4 h8 = h16.lo + h16.hi; { const float2 h4 = h8.lo + h8.hi; error = (h4.x + h4.y) + tailSquares; } } }
        var4.field_1 = fabs(total) > FLT_MAX ? total : total + error;
    }
}
