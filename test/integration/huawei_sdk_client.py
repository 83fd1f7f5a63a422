"""Calls every sync-task operation through the Huawei Cloud SDK and prints what came back as one JSON object.

The only argument is JSON: endpoint, project, ak, sk (of the caller), task (fields of CreateSyncTask), keys (encoded), refused
(only the first call is made and is expected to be refused).
"""

import json
import sys
import time

from huawei_sdk_common import client_of, refusal
from huaweicloudsdkoms.v2 import (
    CreateSyncEventsRequest,
    CreateSyncTaskReq,
    CreateSyncTaskRequest,
    DeleteSyncTaskRequest,
    ListSyncTaskStatisticRequest,
    ListSyncTasksRequest,
    ShowSyncTaskRequest,
    StartSyncTaskReq,
    StartSyncTaskRequest,
    StopSyncTaskRequest,
    SyncObjectReq,
)

UNKNOWN = "00000000-0000-4000-8000-000000000000"


def now():
    return int(time.time() * 1000)


def shown_when_settled(client, task_id, objects):
    """Asks until the figures of the month account for so many objects."""
    give_up_at = time.monotonic() + 20
    while True:
        task = client.show_sync_task(ShowSyncTaskRequest(sync_task_id=task_id, query_time=now())).to_dict()
        done = task["monthly_success_object"] + task["monthly_failure_object"] + task["monthly_skip_object"]
        if done >= objects or time.monotonic() > give_up_at:
            return task
        time.sleep(0.05)


def life_of_a_task(client, task, keys):
    began = now() - 600_000
    keys_of = {name: task[name] for name in ("src_ak", "src_sk", "dst_ak", "dst_sk")}
    create = CreateSyncTaskRequest(body=CreateSyncTaskReq(**task))
    task_id = client.create_sync_task(create).sync_task_id
    start = StartSyncTaskRequest(sync_task_id=task_id, body=StartSyncTaskReq(**keys_of))
    stop = StopSyncTaskRequest(sync_task_id=task_id)
    delete = DeleteSyncTaskRequest(sync_task_id=task_id)
    events = CreateSyncEventsRequest(sync_task_id=task_id, body=SyncObjectReq(object_keys=keys))
    result = {"task_id": task_id}
    result["list"] = client.list_sync_tasks(ListSyncTasksRequest(limit=10, offset=0, status="SYNCHRONIZING")).to_dict()
    client.create_sync_events(events)
    result["show"] = shown_when_settled(client, task_id, len(keys))
    statistics = ListSyncTaskStatisticRequest(
        sync_task_id=task_id, data_type="REQUEST,SUCCESS,FAILURE,SKIP,SIZE", start_time=began, end_time=now()
    )
    result["statistics"] = client.list_sync_task_statistic(statistics).to_dict()
    result["started_twice"] = refusal(client.start_sync_task, start)
    result["deleted_running"] = refusal(client.delete_sync_task, delete)
    client.stop_sync_task(stop)
    result["stopped_twice"] = refusal(client.stop_sync_task, stop)
    result["events_stopped"] = refusal(client.create_sync_events, events)
    client.start_sync_task(start)
    bad = SyncObjectReq(object_keys=["fine", "100%"])
    result["bad_key"] = refusal(client.create_sync_events, CreateSyncEventsRequest(sync_task_id=task_id, body=bad))
    client.stop_sync_task(stop)
    client.delete_sync_task(delete)
    gone = ShowSyncTaskRequest(sync_task_id=task_id, query_time=now())
    result["shown_deleted"] = refusal(client.show_sync_task, gone)
    result["unknown"] = refusal(client.show_sync_task, ShowSyncTaskRequest(sync_task_id=UNKNOWN, query_time=1))
    nowhere = CreateSyncTaskReq(**{**task, "src_region": "nowhere-1"})
    result["nowhere"] = refusal(client.create_sync_task, CreateSyncTaskRequest(body=nowhere))
    lacking = CreateSyncTaskReq(**{name: value for name, value in task.items() if name != "dst_bucket"})
    result["lacking"] = refusal(client.create_sync_task, CreateSyncTaskRequest(body=lacking))
    return result


def main():
    given = json.loads(sys.argv[1])
    client = client_of(given)
    if given.get("refused"):
        result = refusal(client.list_sync_tasks, ListSyncTasksRequest())
    else:
        result = life_of_a_task(client, given["task"], given["keys"])
    json.dump(result, sys.stdout)


main()
