{
    // IndexedRows.AddCore<Fp32x8, StoredFp32, CachedStore>
    global float* rows = (global float*)var0;
    global int* indices = var1;
    const int row = var2;
    const int rowCount = var3;
    global float* target = (global float*)var4;
    const int count = var5;
    const int index = indices[row];
    int earlier = 0;
    while (earlier < row && indices[earlier] != index) earlier++;
    for (int first = 0; first < count && earlier == row; first += 512) {
        float sums[512], errors[512];
        const int length = min(512, count - first);
        for (int i = 0; i < length; i++) {
            sums[i] = (target)[first + i];
            errors[i] = 0.0f;
        }
        for (int later = row; later < rowCount; later++) {
            if (indices[later] != index) continue;
            global float* x = rows + (long)later * count + first;
            int i = 0;
            for (; i + 8 <= length; i += 8) {
                float8 sum = vload8(0, sums + i), error = vload8(0, errors + i);
                {
                    const float8 term = vload8(0, x + (i)), next = sum + term, added = next - sum;
                    error = error + ((sum - (next - added)) + (term - added));
                    sum = next;
                }
                vstore8(sum, 0, sums + i);
                vstore8(error, 0, errors + i);
            }
            for (; i < length; i++) {
                const float term = (x)[i], next = sums[i] + term, added = next - sums[i];
                errors[i] = errors[i] + ((sums[i] - (next - added)) + (term - added));
                sums[i] = next;
            }
        }
        for (int i = 0; i < length; i++) {
            const float total = fabs(sums[i]) > FLT_MAX ? sums[i] : sums[i] + errors[i];
            (target)[first + i] = total;
        }
    }
}
