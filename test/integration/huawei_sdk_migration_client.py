"""Calls every operation of migration tasks and task groups through the Huawei Cloud SDK and prints what came back as one JSON object.

The only argument is JSON: endpoint, project, ak, sk (of the caller), src and dst (fields of the nodes, with their keys), secrets
(fields that start operations take), good, denied and slow (prefixes of objects: all can be read, some cannot, all come slowly).
"""

import json
import sys
import time

from huawei_sdk_common import client_of, refusal
from huaweicloudsdkoms.v2 import (
    BandwidthPolicyDto,
    BatchUpdateTasksReq,
    BatchUpdateTasksRequest,
    CreateTaskGroupReq,
    CreateTaskGroupRequest,
    CreateTaskReq,
    CreateTaskRequest,
    DeleteTaskGroupRequest,
    DeleteTaskRequest,
    DstNodeReq,
    ListTaskGroupRequest,
    ListTasksRequest,
    RetryTaskGroupReq,
    RetryTaskGroupRequest,
    ShowTaskGroupRequest,
    ShowTaskRequest,
    SrcNodeReq,
    StartTaskGroupReq,
    StartTaskGroupRequest,
    StartTaskReq,
    StartTaskRequest,
    StopTaskGroupRequest,
    StopTaskRequest,
    TaskGroupDstNode,
    TaskGroupSrcNode,
    UpdateBandwidthPolicyReq,
    UpdateBandwidthPolicyRequest,
    UpdateTaskGroupRequest,
)

UNKNOWN_GROUP = "00000000-0000-4000-8000-000000000000"
POLICY = [BandwidthPolicyDto(start="01:00", end="02:30", max_bandwidth=2097152)]


def policy():
    return UpdateBandwidthPolicyReq(bandwidth_policy=POLICY)


def waited(show, wanted):
    """Asks until the status is one of those."""
    give_up_at = time.monotonic() + 30
    while True:
        shown = show().to_dict()
        if shown["status"] in wanted or time.monotonic() > give_up_at:
            return shown
        time.sleep(0.05)


def until_gone(show):
    give_up_at = time.monotonic() + 30
    while True:
        refused = refusal(show, None)
        if refused["status"] != 200 or time.monotonic() > give_up_at:
            return refused
        time.sleep(0.05)


def tasks(client, given):
    def create(prefix, **more):
        src = SrcNodeReq(**given["src"], object_key=[prefix])
        body = CreateTaskReq(task_type="prefix", src_node=src, dst_node=DstNodeReq(**given["dst"]), **more)
        return client.create_task(CreateTaskRequest(body=body))

    def show(task_id):
        return lambda: client.show_task(ShowTaskRequest(task_id=str(task_id)))

    def start(task_id, **more):
        client.start_task(StartTaskRequest(task_id=str(task_id), body=StartTaskReq(**given["secrets"], **more)))

    result = {}
    created = create(given["good"], description="made by the SDK", task_priority="HIGH")
    done = created.id
    result["created"] = created.to_dict()
    result["done"] = waited(show(done), (4, 5))
    failed = create(given["denied"]).id
    result["failed"] = waited(show(failed), (4, 5))
    start(failed, migrate_failed_object=True)
    result["failed_again"] = waited(show(failed), (4, 5))
    slow = create(given["slow"]).id
    waited(show(slow), (2,))
    stop = StopTaskRequest(task_id=str(slow))
    client.stop_task(stop)
    result["paused"] = waited(show(slow), (3,))
    result["stopped_twice"] = refusal(client.stop_task, stop)
    client.update_bandwidth_policy(UpdateBandwidthPolicyRequest(task_id=str(slow), body=policy()))
    result["limited"] = show(slow)().to_dict()
    batch = BatchUpdateTasksReq(ids=[slow], bandwidth_policy=POLICY, task_priority="LOW")
    client.batch_update_tasks(BatchUpdateTasksRequest(body=batch))
    result["batched"] = show(slow)().to_dict()
    start(slow)
    waited(show(slow), (2,))
    result["deleted_running"] = refusal(client.delete_task, DeleteTaskRequest(task_id=str(slow)))
    result["slow"] = waited(show(slow), (4, 5))
    result["list"] = client.list_tasks(ListTasksRequest(limit=2, offset=0)).to_dict()
    result["succeeded"] = client.list_tasks(ListTasksRequest(limit=100, status=5)).to_dict()
    result["started_done"] = refusal(lambda _: start(done), None)
    client.delete_task(DeleteTaskRequest(task_id=str(done)))
    result["shown_deleted"] = until_gone(lambda _: show(done)())
    result["stopped_unknown"] = refusal(client.stop_task, StopTaskRequest(task_id="1"))
    return result


def groups(client, given):
    def create(prefix):
        src = TaskGroupSrcNode(**given["src"], object_key=[prefix])
        body = CreateTaskGroupReq(task_type="PREFIX", src_node=src, dst_node=TaskGroupDstNode(**given["dst"]))
        return client.create_task_group(CreateTaskGroupRequest(body=body)).group_id

    def show(group_id):
        return lambda: client.show_task_group(ShowTaskGroupRequest(group_id=group_id))

    secrets = given["secrets"]
    result = {}
    failed = create(given["denied"])
    result["failed"] = waited(show(failed), (4, 5, 6))
    retry = RetryTaskGroupReq(**secrets, migrate_failed_object=True)
    client.retry_task_group(RetryTaskGroupRequest(group_id=failed, body=retry))
    result["failed_again"] = waited(show(failed), (4, 5, 6))
    slow = create(given["slow"])
    waited(show(slow), (1, 2))
    client.update_task_group(UpdateTaskGroupRequest(group_id=slow, body=policy()))
    client.stop_task_group(StopTaskGroupRequest(group_id=slow))
    result["paused"] = waited(show(slow), (3,))
    result["stopped_twice"] = refusal(client.stop_task_group, StopTaskGroupRequest(group_id=slow))
    client.update_task_group(UpdateTaskGroupRequest(group_id=slow, body=UpdateBandwidthPolicyReq(bandwidth_policy=[])))
    client.start_task_group(StartTaskGroupRequest(group_id=slow, body=StartTaskGroupReq(**secrets)))
    result["slow"] = waited(show(slow), (4, 5, 6))
    result["tasks"] = client.list_tasks(ListTasksRequest(group_id=slow, limit=100)).to_dict()
    batch = BatchUpdateTasksReq(group_id=failed, bandwidth_policy=POLICY)
    client.batch_update_tasks(BatchUpdateTasksRequest(body=batch))
    result["batched"] = client.list_tasks(ListTasksRequest(group_id=failed, limit=100)).to_dict()
    result["list"] = client.list_task_group(ListTaskGroupRequest(limit=10, offset=0)).to_dict()
    client.delete_task_group(DeleteTaskGroupRequest(group_id=slow))
    result["shown_deleted"] = until_gone(lambda _: show(slow)())
    result["stopped_unknown"] = refusal(client.stop_task_group, StopTaskGroupRequest(group_id=UNKNOWN_GROUP))
    return result


def main():
    given = json.loads(sys.argv[1])
    client = client_of(given)
    json.dump({"tasks": tasks(client, given), "groups": groups(client, given)}, sys.stdout)


main()
